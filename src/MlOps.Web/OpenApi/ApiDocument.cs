using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using MlOps.Access;

namespace MlOps.OpenApi;

/// <summary>The OpenAPI 3.1 document, made of what each mapped endpoint says of itself: a path that is served is in it, and no other.</summary>
internal static class ApiDocument
{
    public static JsonObject Of(IEnumerable<Endpoint> endpoints)
    {
        var components = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
        var paths = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var endpoint in endpoints.OfType<RouteEndpoint>())
        {
            if (endpoint.Metadata.GetMetadata<Operation>() is not { } operation)
            {
                continue;
            }

            var path = endpoint.RoutePattern.RawText!;
            var methods = paths.GetValueOrDefault(path) ?? (paths[path] = []);
            var scope = endpoint.Metadata.GetMetadata<RequiredScope>()?.Scope;
            methods[endpoint.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods[0].ToLowerInvariant()] =
                OperationNode.Of(operation, path, scope, components);
        }

        ProblemNode.Shape.ToJson(components);
        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "MlOps",
                ["version"] = "v1",
                ["description"] = "Register ONNX models, deploy, promote, roll back, predict. Every refusal is a problem document (RFC 9457) whose `detail` says what to do.",
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/" }),
            ["paths"] = new JsonObject(paths.Select(path => KeyValuePair.Create(path.Key, (JsonNode?)path.Value))),
            ["components"] = new JsonObject
            {
                ["schemas"] = new JsonObject(components.Select(component => KeyValuePair.Create(component.Key, (JsonNode?)component.Value))),
                ["securitySchemes"] = new JsonObject { ["key"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer" } },
            },
        };
    }
}
