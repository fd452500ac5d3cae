using System.Collections.Immutable;
using MlOps.Format;
using MlOps.Models;

namespace MlOps.Contributions;

/// <summary>Finds the trees or weights that a model's scores come from, walking back from its outputs. What is found here is held against a run of the graph before it is used.</summary>
internal sealed class ScoreFormReader
{
    private readonly ModelSignature signature;
    private readonly GraphScope scope;
    private readonly HashSet<string> values;
    private GraphCut? cut;

    private ScoreFormReader(ModelProto model, ModelSignature signature)
    {
        this.signature = signature;
        scope = new GraphScope(model.Graph, new OwnFunctions(model));
        values = model.Graph.Node.SelectMany(node => node.Output).ToHashSet(StringComparer.Ordinal);
    }

    public static ScoreForm Read(ModelProto model, ModelSignature signature) => new ScoreFormReader(model, signature).Read();

    private ScoreForm Read()
    {
        var walks = signature.Output.Scores.Select(name => new ScoreWalk(scope.Find(name), signature.Output)).ToList();
        foreach (var walk in walks)
        {
            walk.Run();
        }

        var last = walks[0];
        cut = walks.Count == 1 && last.Before is { } before && IsHere(before.Value) ? new GraphCut(before.Value.Name, before.Width) : null;
        if (walks.Any(walk => walk.End.Node is null || walk.End.Node != last.End.Node) || last.End.Node is not { } node)
        {
            return General("has scores that come from several places");
        }

        try
        {
            return Of(node, last);
        }
        catch (NotSupportedException unreadable)
        {
            return General(unreadable.Message);
        }
    }

    private ScoreForm Of(NodeProto node, ScoreWalk walk)
    {
        if (Operators.DomainOf(node.Domain) != Operators.MachineLearning)
        {
            return General($"is computed by operators that no trees or weights can be read from ({node.OpType})");
        }

        return node.OpType switch
        {
            "TreeEnsembleClassifier" or "TreeEnsembleRegressor" or "TreeEnsemble" => Trees(TreeEnsembleReader.Read(node), walk),
            "LinearClassifier" or "LinearRegressor" => Linear(node, walk),
            _ => General($"is a {node.OpType}, which is neither trees nor weights"),
        };
    }

    private ScoreForm Trees(TreeEnsembleNode trees, ScoreWalk walk)
    {
        var ensemble = trees.Ensemble;
        var input = Encoded(walk.End, ensemble.Columns);
        var (factor, added) = walk.Affine;
        if (walk.IsAffine && ensemble.Targets > 1)
        {
            return General("has several trees' scores that are added to or scaled");
        }

        var scaled = ensemble with { Scale = ensemble.Scale * factor, Base = [.. ensemble.Base.Select(value => (value * factor) + added)] };
        return new ScoreForm(new TreeScores(scaled, trees.HasCovers, trees.IsDouble, input), walk.IsLogarithm, null);
    }

    private ScoreForm Linear(NodeProto node, ScoreWalk walk)
    {
        var columns = new NodeColumns(node);
        var (coefficients, intercepts) = (columns.Numbers("coefficients"), columns.Numbers("intercepts"));
        var input = Encoded(walk.End, 0);
        var width = input.Players.Length;
        var targets = width == 0 ? 0 : coefficients.Length / width;
        if (targets == 0 || coefficients.Length != targets * width || intercepts.Length > targets || (walk.IsAffine && targets > 1))
        {
            return General("has weights that do not fit its columns");
        }

        var (factor, added) = walk.Affine;
        var weights = Enumerable.Range(0, targets).Select(target => coefficients.AsSpan(target * width, width).ToArray().Select(weight => weight * factor).ToImmutableArray());
        var constants = Enumerable.Range(0, targets).Select(target => (target < intercepts.Length ? intercepts[target] * factor : 0) + added);
        return new ScoreForm(new LinearScores(new LinearModel([.. weights], [.. constants]), input), walk.IsLogarithm, null);
    }

    // The columns that a node is fed: of a graph input as it is, or behind encoders.
    private EncodedInput Encoded(GraphValue end, int least)
    {
        var fed = end.Input(0) ?? throw new NotSupportedException("is fed by nothing");
        var players = new ColumnLineage(signature).Of(fed);
        if (players.IsDefault || players.Length < least)
        {
            throw new NotSupportedException("mixes features before its trees or weights, so that no column is one feature's");
        }

        var source = AsFed(fed);
        for (var index = 0; index < signature.Inputs.Length; index++)
        {
            var input = signature.Inputs[index];
            if (source is { Node: null, Initializer: null } && input.Name == source.Name && input.Type != ElementType.String && input.Constant is null)
            {
                return new EncodedInput(null, index, players);
            }
        }

        return IsHere(fed) ? new EncodedInput(new GraphCut(fed.Name, players.Length), 0, players) : throw new NotSupportedException("has its trees or weights within a function of its own");
    }

    // Numbers are narrowed as a cast to float does; other casts may change them.
    private static GraphValue AsFed(GraphValue value)
    {
        while (value.Node is { } node && value.Input(0) is { } before
            && (node.Is("", "Identity") || (node.Is("", "Cast") && node.Attribute("to")?.I == TensorTypes.Float)))
        {
            value = before;
        }

        return value;
    }

    private bool IsHere(GraphValue value) => value.Scope == scope && values.Contains(value.Name);

    private ScoreForm General(string note) => new(new GraphScores(cut), false, note);
}
