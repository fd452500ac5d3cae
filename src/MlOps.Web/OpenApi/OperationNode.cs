using System.Text.Json.Nodes;
using MlOps.Access;
using MlOps.Errors;

namespace MlOps.OpenApi;

/// <summary>One operation in the document.</summary>
internal static class OperationNode
{
    public static JsonObject Of(Operation operation, string path, Scope? scope, SortedDictionary<string, JsonObject> components)
    {
        var node = new JsonObject
        {
            ["operationId"] = operation.Id,
            ["tags"] = new JsonArray(Tag(path)),
            ["summary"] = operation.Summary,
        };
        var description = string.Join(' ', new[] { operation.Description, scope is { } needed ? $"Needs a key with scope {string.Join(" or ", ScopeNames.Of(needed).Select(name => $"`{name}`"))}." : null }.OfType<string>());
        if (description.Length > 0)
        {
            node["description"] = description;
        }

        if (scope is not null)
        {
            node["security"] = new JsonArray(new JsonObject { ["key"] = new JsonArray() });
        }

        var parameters = Parameters(operation, path, components);
        if (parameters.Count > 0)
        {
            node["parameters"] = parameters;
        }

        if (operation.Body is { } body)
        {
            node["requestBody"] = new JsonObject
            {
                ["required"] = !operation.BodyOptional,
                ["content"] = new JsonObject { [operation.BodyType] = new JsonObject { ["schema"] = body.ToJson(components) } },
            };
        }

        node["responses"] = Responses(operation, path, scope, components);
        return node;
    }

    private static string Tag(string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return path switch
        {
            _ when parts[^1] == "predict" => "Predictions",
            _ when parts.Contains("deployments") => "Deployments",
            _ when parts.Contains("models") => "Models",
            _ when parts.Contains("projects") => "Projects",
            _ when parts.Contains("auth") => "Access",
            _ => "Health",
        };
    }

    private static JsonArray Parameters(Operation operation, string path, SortedDictionary<string, JsonObject> components)
    {
        var parameters = new JsonArray();
        foreach (var part in path.Split('/').Where(part => part.StartsWith('{')))
        {
            parameters.Add((JsonNode)Parameter("path", new(part.Trim('{', '}'), "", Schema.Id), components));
        }

        foreach (var (place, list) in new[] { ("query", operation.Query), ("header", operation.Headers) })
        {
            foreach (var parameter in list)
            {
                parameters.Add((JsonNode)Parameter(place, parameter, components));
            }
        }

        return parameters;
    }

    private static JsonObject Parameter(string place, Parameter parameter, SortedDictionary<string, JsonObject> components)
    {
        var node = new JsonObject { ["name"] = parameter.Name, ["in"] = place, ["required"] = place == "path", ["schema"] = parameter.Schema.ToJson(components) };
        if (parameter.Description.Length > 0)
        {
            node["description"] = parameter.Description;
        }

        return node;
    }

    private static JsonObject Responses(Operation operation, string path, Scope? scope, SortedDictionary<string, JsonObject> components)
    {
        var responses = new SortedDictionary<int, JsonObject> { [operation.Status] = Success(operation.Summary, operation, operation.Answer!, components) };
        foreach (var (status, description, answer) in operation.MoreAnswers)
        {
            responses[status] = Success(description, operation, answer, components);
        }

        foreach (var group in Codes(operation, path, scope).Distinct().Select(ErrorCatalogue.Of).GroupBy(operation.StatusOf))
        {
            responses[group.Key] = ProblemNode.Of(group.Key, group, components);
        }

        return new JsonObject(responses.Select(response => KeyValuePair.Create(response.Key.ToString(System.Globalization.CultureInfo.InvariantCulture), (JsonNode?)response.Value)));
    }

    private static JsonObject Success(string description, Operation operation, Schema answer, SortedDictionary<string, JsonObject> components)
    {
        var node = new JsonObject
        {
            ["description"] = description,
            ["content"] = new JsonObject { [operation.AnswerType] = new JsonObject { ["schema"] = answer.ToJson(components) } },
        };
        if (operation.AnswerHeaders.Length > 0)
        {
            node["headers"] = new JsonObject(operation.AnswerHeaders.Select(header => KeyValuePair.Create(
                header.Name,
                (JsonNode?)new JsonObject { ["description"] = header.Description, ["required"] = true, ["schema"] = header.Schema.ToJson(components) })));
        }

        return node;
    }

    // What any call of its kind may be answered, and what it says of itself.
    private static IEnumerable<ErrorCode> Codes(Operation operation, string path, Scope? scope)
    {
        List<ErrorCode> codes = [.. operation.Errors, .. operation.Unprocessable, ErrorCode.MethodNotAllowed];
        if (scope is not null)
        {
            codes.AddRange([ErrorCode.Unauthorized, ErrorCode.Forbidden, ErrorCode.ValidationFailed, ErrorCode.NotServing, ErrorCode.Busy, ErrorCode.InternalError]);
            codes.AddRange([ErrorCode.StorageFull, ErrorCode.StorageUnavailable]);
        }

        if (path.Contains("{id}", StringComparison.Ordinal))
        {
            codes.Add(ErrorCode.NotFound);
        }

        if (operation.Body is not null)
        {
            codes.AddRange([ErrorCode.MalformedBody, ErrorCode.BodyTooLarge, ErrorCode.UnsupportedMediaType]);
        }

        if (operation.Headers.Contains(OpenApi.Parameter.IdempotencyKey))
        {
            codes.Add(ErrorCode.IdempotencyKeyReused);
        }

        return codes.Order();
    }
}
