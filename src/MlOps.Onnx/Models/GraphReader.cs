using System.Collections.Immutable;
using MlOps.Format;
using MlOps.Models.Registration;

namespace MlOps.Models;

/// <summary>Reads what a graph says of itself: inputs, outputs, and what the nodes before an output tell about it.</summary>
internal sealed class GraphReader
{
    private static readonly HashSet<string> PassThrough = ["Identity", "Cast", "Reshape", "Squeeze", "Flatten"];
    private static readonly HashSet<string> Classifiers = ["LinearClassifier", "TreeEnsembleClassifier", "SVMClassifier"];
    private static readonly HashSet<string> Trees = ["TreeEnsembleClassifier", "TreeEnsembleRegressor", "TreeEnsemble"];

    private readonly GraphProto graph;
    private readonly Dictionary<string, NodeProto> producers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TensorProto> initializers = new(StringComparer.Ordinal);

    private GraphReader(GraphProto graph)
    {
        this.graph = graph;
        foreach (var node in graph.Node)
        {
            foreach (var output in node.Output.Where(output => output.Length > 0))
            {
                producers.TryAdd(output, node);
            }
        }

        foreach (var tensor in graph.Initializer)
        {
            initializers.TryAdd(tensor.Name, tensor);
        }
    }

    public static ModelGraph Read(ModelProto model)
    {
        var reader = new GraphReader(model.Graph);
        var inputs = model.Graph.Input.Where(input => !reader.initializers.ContainsKey(input.Name)).ToList();
        return new ModelGraph(
            [.. inputs.Select(Input)],
            [.. model.Graph.Output.Select(reader.Output)],
            reader.TreeFeatures(inputs.Select(input => input.Name).ToHashSet(StringComparer.Ordinal)));
    }

    private static GraphInput Input(ValueInfoProto input)
    {
        var tensor = input.Type?.ValueCase == TypeProto.ValueOneofCase.TensorType ? input.Type.TensorType : null;
        return new GraphInput(
            input.Name,
            TensorTypes.Name(input.Type),
            tensor is null ? null : TensorTypes.Element(tensor.ElemType),
            tensor?.Shape is null
                ? default
                : [.. tensor.Shape.Dim.Select(dim => new GraphDim(dim.HasDimValue && dim.DimValue > 0 ? dim.DimValue : null, dim.HasDimParam ? dim.DimParam : null))]);
    }

    private GraphOutput Output(ValueInfoProto output)
    {
        var map = Producer(output.Name) is { OpType: "ZipMap" } zip ? zip : null;
        var source = Source(map is null ? output.Name : map.Input[0]);
        return new GraphOutput(
            output.Name,
            TensorTypes.Name(output.Type),
            source is not null && (source.OpType is "Sigmoid" or "Softmax" || Classifiers.Contains(source.OpType)),
            LabelList(output.Name),
            map is null ? default : Keys(map),
            !DependsOnInput(output.Name));
    }

    private NodeProto? Producer(string name) => producers.GetValueOrDefault(name);

    // The first node before a value that does more than pass it on.
    private NodeProto? Source(string name)
    {
        var node = Producer(name);
        for (var steps = 0; node is not null && PassThrough.Contains(node.OpType) && steps < producers.Count; steps++)
        {
            node = Producer(node.Input[0]);
        }

        return node;
    }

    private ImmutableArray<Scalar> LabelList(string name) => Source(name) switch
    {
        { } node when Classifiers.Contains(node.OpType) && node.Output.Count > 0 => ClassLabels(node),
        { OpType: "ArrayFeatureExtractor" } node => Constant(node.Input[0]),
        _ => default,
    };

    private static ImmutableArray<Scalar> ClassLabels(NodeProto node)
    {
        var texts = Attribute(node, "classlabels_strings")?.Strings;
        if (texts is { Count: > 0 })
        {
            return [.. texts.Select(text => Scalar.Of(text.ToStringUtf8()))];
        }

        var numbers = (Attribute(node, "classlabels_int64s") ?? Attribute(node, "classlabels_ints"))?.Ints;
        return numbers is { Count: > 0 } ? [.. numbers.Select(Scalar.Of)] : default;
    }

    private static ImmutableArray<Scalar> Keys(NodeProto map)
    {
        var texts = Attribute(map, "classlabels_strings")?.Strings;
        return texts is { Count: > 0 }
            ? [.. texts.Select(text => Scalar.Of(text.ToStringUtf8()))]
            : [.. (Attribute(map, "classlabels_int64s")?.Ints ?? []).Select(Scalar.Of)];
    }

    private ImmutableArray<Scalar> Constant(string name)
    {
        for (var steps = 0; steps <= producers.Count; steps++)
        {
            if (initializers.TryGetValue(name, out var tensor))
            {
                return TensorValues.Labels(tensor);
            }

            switch (Producer(name))
            {
                case { OpType: "Constant" } node:
                    return ConstantNode(node);
                case { } node when PassThrough.Contains(node.OpType):
                    name = node.Input[0];
                    break;
                default:
                    return default;
            }
        }

        return default;
    }

    private static ImmutableArray<Scalar> ConstantNode(NodeProto node) => node.Attribute switch
    {
        [{ T: { } tensor }, ..] => TensorValues.Labels(tensor),
        [{ Ints.Count: > 0 } whole, ..] => [.. whole.Ints.Select(Scalar.Of)],
        [{ Strings.Count: > 0 } texts, ..] => [.. texts.Strings.Select(text => Scalar.Of(text.ToStringUtf8()))],
        _ => default,
    };

    private bool DependsOnInput(string output)
    {
        var inputs = graph.Input.Select(input => input.Name).Where(name => !initializers.ContainsKey(name)).ToHashSet(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var waiting = new Stack<string>([output]);
        while (waiting.TryPop(out var name))
        {
            if (inputs.Contains(name))
            {
                return true;
            }

            if (seen.Add(name) && Producer(name) is { } node)
            {
                foreach (var before in node.Input.Concat(OnnxFormat.Subgraphs(node).SelectMany(Captured)))
                {
                    waiting.Push(before);
                }
            }
        }

        return false;
    }

    // A subgraph reads values of the graph around it by name.
    private static IEnumerable<string> Captured(GraphProto inner) =>
        inner.Node.SelectMany(node => node.Input.Concat(OnnxFormat.Subgraphs(node).SelectMany(Captured))).Concat(inner.Output.Select(output => output.Name));

    private ImmutableDictionary<string, int> TreeFeatures(HashSet<string> inputs)
    {
        var counts = ImmutableDictionary.CreateBuilder<string, int>(StringComparer.Ordinal);
        foreach (var tree in graph.Node.Where(node => Trees.Contains(node.OpType) && node.Input.Count > 0))
        {
            var name = tree.Input[0];
            for (var steps = 0; !inputs.Contains(name) && Producer(name) is { } node && PassThrough.Contains(node.OpType) && steps < producers.Count; steps++)
            {
                name = node.Input[0];
            }

            if (inputs.Contains(name) && Attribute(tree, "nodes_featureids")?.Ints is { Count: > 0 } features)
            {
                counts[name] = Math.Max(counts.GetValueOrDefault(name), (int)Math.Min(int.MaxValue - 1, features.Max()) + 1);
            }
        }

        return counts.ToImmutable();
    }

    private static AttributeProto? Attribute(NodeProto node, string name) => node.Attribute.FirstOrDefault(attribute => attribute.Name == name);
}
