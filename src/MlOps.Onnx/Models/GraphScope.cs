using MlOps.Format;

namespace MlOps.Models;

/// <summary>The nodes of one graph, or of the body of one call of a function of the model's own, and who makes each value there.</summary>
internal sealed class GraphScope
{
    private readonly Dictionary<string, (NodeProto Node, int Output)> producers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TensorProto> initializers = new(StringComparer.Ordinal);
    private readonly OwnFunctions functions;
    private readonly FunctionProto? body;
    private readonly (GraphScope Scope, NodeProto Node) call;

    public GraphScope(GraphProto graph, OwnFunctions functions)
        : this(graph.Node, functions)
    {
        foreach (var tensor in graph.Initializer)
        {
            initializers.TryAdd(tensor.Name, tensor);
        }
    }

    private GraphScope(FunctionProto body, GraphScope scope, NodeProto call)
        : this(body.Node, scope.functions)
    {
        this.body = body;
        this.call = (scope, call);
    }

    private GraphScope(IEnumerable<NodeProto> nodes, OwnFunctions functions)
    {
        this.functions = functions;
        foreach (var node in nodes)
        {
            for (var i = 0; i < node.Output.Count; i++)
            {
                producers.TryAdd(node.Output[i], (node, i));
            }
        }
    }

    /// <summary>Where a value comes from: an operator's output, an initializer, or, where both are null, an input of the graph.</summary>
    public GraphValue Find(string name)
    {
        var scope = this;
        // A file can chain calls so that this walk doubles with each; no exporter comes near the bound.
        for (var steps = 0; steps < 1_000; steps++)
        {
            if (scope.producers.TryGetValue(name, out var producer))
            {
                if (scope.functions.Find(producer.Node) is not { } called || producer.Output >= called.Output.Count)
                {
                    return new GraphValue(scope, name, producer.Node, producer.Output, null);
                }

                name = called.Output[producer.Output];
                scope = new GraphScope(called, scope, producer.Node);
            }
            else if (scope.body?.Input.IndexOf(name) is { } place and >= 0 && place < scope.call.Node.Input.Count)
            {
                name = scope.call.Node.Input[place];
                scope = scope.call.Scope;
            }
            else
            {
                return new GraphValue(scope, name, null, 0, scope.initializers.GetValueOrDefault(name));
            }
        }

        return new GraphValue(scope, name, null, 0, null);
    }
}

/// <summary>A value of a graph and what makes it.</summary>
/// <param name="Output">Which output of the node.</param>
internal readonly record struct GraphValue(GraphScope Scope, string Name, NodeProto? Node, int Output, TensorProto? Initializer)
{
    /// <summary>The value that the node takes at a position; null where it takes none.</summary>
    public GraphValue? Input(int position) =>
        Node is not null && position < Node.Input.Count && Node.Input[position].Length > 0 ? Scope.Find(Node.Input[position]) : null;
}

/// <summary>The functions that a model brings along, by domain, name and overload.</summary>
internal sealed class OwnFunctions
{
    private readonly Dictionary<(string, string, string), FunctionProto> functions = [];

    public OwnFunctions(ModelProto model)
    {
        foreach (var function in model.Functions)
        {
            functions.TryAdd((Operators.DomainOf(function.Domain), function.Name, function.Overload), function);
        }
    }

    public FunctionProto? Find(NodeProto node) => functions.GetValueOrDefault((Operators.DomainOf(node.Domain), node.OpType, node.Overload));
}
