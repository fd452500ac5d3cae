using MlOps.Format;

namespace MlOps.Models;

/// <summary>The operators whose meaning is read, not only run.</summary>
internal static class Operators
{
    public const string MachineLearning = "ai.onnx.ml";

    /// <summary>The standard domain has two names in files: none, and its own.</summary>
    public static string DomainOf(string? domain) => domain is null or "ai.onnx" ? "" : domain;

    public static bool Is(this NodeProto node, string domain, string type) => node.OpType == type && DomainOf(node.Domain) == domain;

    public static bool IsClassifier(this NodeProto node) =>
        DomainOf(node.Domain) == MachineLearning && node.OpType is "LinearClassifier" or "TreeEnsembleClassifier" or "SVMClassifier";

    public static bool IsTreeEnsemble(this NodeProto node) =>
        DomainOf(node.Domain) == MachineLearning && node.OpType is "TreeEnsembleClassifier" or "TreeEnsembleRegressor" or "TreeEnsemble";

    /// <summary>Hands its first input on, at most in another type or shape.</summary>
    public static bool PassesOn(this NodeProto node) =>
        DomainOf(node.Domain).Length == 0 && node.OpType is "Identity" or "Cast" or "Reshape" or "Squeeze" or "Flatten";

    public static AttributeProto? Attribute(this NodeProto node, string name)
    {
        foreach (var attribute in node.Attribute)
        {
            if (attribute.Name == name)
            {
                return attribute;
            }
        }

        return null;
    }

    /// <summary>The graphs that a node carries: branches, loop bodies.</summary>
    public static IEnumerable<GraphProto> Graphs(this NodeProto node)
    {
        foreach (var attribute in node.Attribute)
        {
            if (attribute.G is { } graph)
            {
                yield return graph;
            }

            foreach (var each in attribute.Graphs)
            {
                yield return each;
            }
        }
    }

    /// <summary>Every node of a model: of its graph, of the graphs within it, of its functions.</summary>
    public static IEnumerable<NodeProto> AllNodes(this ModelProto model) =>
        model.Graph.Node.Concat(model.Functions.SelectMany(function => function.Node)).SelectMany(Within);

    private static IEnumerable<NodeProto> Within(NodeProto node) =>
        node.Graphs().SelectMany(graph => graph.Node).SelectMany(Within).Prepend(node);
}
