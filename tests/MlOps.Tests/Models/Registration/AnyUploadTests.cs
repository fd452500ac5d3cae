using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using MlOps.Models;
using Xunit;

namespace MlOps.Tests.Models.Registration;

/// <summary>Whatever is uploaded: it is understood, or refused in words.</summary>
public sealed class AnyUploadTests
{
    private static readonly string[] Metadata =
    [
        """{"target": "t", "features": [{"name": "a", "dtype": "numeric", "nullable": true, "missing": -1}, {"name": "c", "dtype": "categorical", "encoding": "index", "domain": ["x", "y"], "unseen": 1}], "classes": ["no", "yes"], "threshold": 0.4}""",
        """{"inputs": {"A": ["a", "c"]}, "constants": {"K": [[1, 2]]}, "outputs": {"label": "label", "scores": ["p"], "kind": "probability"}, "task": "classification"}""",
        """{"examples": [{"inputs": {"a": 1, "c": "x"}, "prediction": "yes", "probabilities": {"no": 0.5}}], "metrics": {"auc": 0.9}, "trained_at": "2026-01-01", "version": 3}""",
    ];

    private static readonly string[] Tables =
    [
        "a,c,t\n1,x,no\n2,y,yes\n,x,no\n-3.5,y,yes\n", "A_0,A_1,t\n1,2,0\n3,4,1\nNaN,5,1\n", "c,a\ntrue,1e400\nFALSE,inf\n0,9223372036854775808\n", "\uFEFF\"a\",\"c\"\r\n\"1\",\"x\"\r\n",
    ];

    private static readonly string[] Values =
        ["null", "true", "-1", "0.5", "1e300", "9223372036854775807", "\"\"", "\"a\"", "\"yes\"", "\"label\"", "[]", "{}", "[[1], [2, 3]]", "[\"a\", \"a\"]", "{\"a\": 1}", "[{}]", "\"\\u0000é\""];

    [Fact]
    public void Upload_OfAnything_IsUnderstoodOrRefusedInWords() =>
        Gen.Select(Gen.Int[0, 5], Gen.OneOf(Metadata), Gen.Select(Gen.Int[0, 60], Gen.OneOf(Values)).Array[0, 3], Gen.OneOf(Tables), Gen.Select(Gen.Int[0, 40], Gen.Byte).Array[0, 3], Gen.Bool)
            .Sample((graph, metadata, changes, table, edits, withTable) =>
            {
                var csv = withTable ? Encoding.Latin1.GetString(Edited(table, edits)) : null;
                try
                {
                    Graph(graph).Accept(Changed(metadata, changes), csv);
                }
                catch (MlOpsException refused)
                {
                    Assert.NotEmpty(refused.Message);
                    Assert.NotEqual(ErrorCode.InternalError, refused.Code);
                    Assert.All(refused.Faults, fault => Assert.StartsWith("/", fault.Pointer, StringComparison.Ordinal));
                }
            });

    private static byte[] Edited(string table, (int At, byte Value)[] edits)
    {
        var bytes = Encoding.UTF8.GetBytes(table);
        foreach (var (at, value) in edits)
        {
            bytes[at % bytes.Length] = value;
        }

        return bytes;
    }

    private static string Changed(string metadata, (int At, string Value)[] changes)
    {
        var root = JsonNode.Parse(metadata)!;
        foreach (var (at, value) in changes)
        {
            var all = Descendants(root).ToList();
            var node = all[at % all.Count];
            if (node.Parent is JsonObject parent)
            {
                parent[node.GetPropertyName()] = JsonNode.Parse(value);
            }
            else if (node.Parent is JsonArray list)
            {
                list[node.GetElementIndex()] = JsonNode.Parse(value);
            }
        }

        return root.ToJsonString();
    }

    private static IEnumerable<JsonNode> Descendants(JsonNode node)
    {
        IEnumerable<JsonNode?> children = node switch
        {
            JsonObject properties => properties.Select(property => property.Value),
            JsonArray items => items,
            _ => [],
        };
        return children.OfType<JsonNode>().SelectMany(Descendants).Prepend(node);
    }

    private static StubModel Graph(int which) => which switch
    {
        0 => new StubModel().Input("A", width: 2).Label("label", row => row[0] > 1 ? "yes" : "no", "no", "yes").Scores("p", row => [0.3, 0.7]),
        1 => new StubModel().Input("A", width: 2).Input("K", width: 2, batch: 1).Value("p", row => row[0], fromNode: true),
        2 => new StubModel().Input("a", ElementType.Int64).Input("c", ElementType.String, 0).Label("label", row => row[0] > 1).Value("p", row => row[0] / 0),
        3 => new StubModel().Input("A", width: 2).Label("label", row => row[0] > 1 ? 1 : -1).Value("p", _ => double.NaN).Value("q", row => row[0]),
        4 => new StubModel().Input("a").Input("c").Scores("p", _ => [double.NaN, 1]).Scores("label", row => [row[0], row[1]]),
        _ => new StubModel().Input("A", width: null).Scores("p", row => [row[0], -row[0]]),
    };
}
