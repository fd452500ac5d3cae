using System.Text.Json.Nodes;
using MlOps.Errors;

namespace MlOps.OpenApi;

/// <summary>Refusals in the document: by status, each with the codes that it may carry.</summary>
internal static class ProblemNode
{
    private static readonly Field[] Members =
    [
        new("type", Schema.Text().Described("urn:mlops:error:<code>")),
        new("title", Schema.Text()),
        new("status", Schema.Integer(400, 599)),
        new("detail", Schema.Text().Described("What is wrong, and what to do.")),
        new("code", Schema.Choice(ErrorCatalogue.All.Select(entry => entry.Name))),
    ];

    public static Schema Shape { get; } = Schema.Object(Members).Named("Problem");

    private static readonly Schema Invalid = Schema.Object(
    [
        .. Members,
        new("errors", Schema.Array(
            Schema.Object(
                new("pointer", Schema.Text().Described("JSON pointer into the body, ?name for a query parameter, or a header's name.")),
                new("detail", Schema.Text())),
            1,
            Problem.MostFaults)),
    ]).Named("ValidationProblem");

    public static JsonObject Of(int status, IEnumerable<ErrorEntry> entries, SortedDictionary<string, JsonObject> components)
    {
        var node = new JsonObject
        {
            ["description"] = string.Join(", ", entries.Select(entry => $"`{entry.Name}`")),
            ["content"] = new JsonObject
            {
                [Problem.ContentType] = new JsonObject { ["schema"] = (status == 422 ? Invalid : Shape).ToJson(components) },
            },
        };
        var headers = status switch
        {
            401 => ("WWW-Authenticate", Schema.Text()),
            429 or 503 => ("Retry-After", Schema.Integer(0, 5)),
            _ => default((string Name, Schema Schema)?),
        };
        if (headers is { } header)
        {
            node["headers"] = new JsonObject { [header.Name] = new JsonObject { ["required"] = true, ["schema"] = header.Schema.ToJson(components) } };
        }

        return node;
    }
}
