using System.Collections.Immutable;

namespace MlOps.Contributions;

/// <summary>Which of a source's raw scores are explained.</summary>
public enum ScoreChoice
{
    /// <summary>The one there is.</summary>
    Only,

    /// <summary>Twice the one there is: of the scores −s and s a softmax looks at the difference.</summary>
    Doubled,

    /// <summary>The second of two.</summary>
    Second,

    /// <summary>The second less the first.</summary>
    Difference,

    /// <summary>All, one for each class.</summary>
    Each,
}

/// <summary>What is explained, and in which space.</summary>
public readonly record struct ScoreReading(ScoreChoice Choice, ContributionSpace Space)
{
    /// <summary>Scores that are explained, of so many raw ones.</summary>
    public int Count(int raw) => Choice == ScoreChoice.Each ? raw : 1;

    /// <summary>The explained scores of a row.</summary>
    public void Read(ReadOnlySpan<double> raw, Span<double> explained)
    {
        switch (Choice)
        {
            case ScoreChoice.Only:
                explained[0] = raw[0];
                break;
            case ScoreChoice.Doubled:
                explained[0] = 2 * raw[0];
                break;
            case ScoreChoice.Second:
                explained[0] = raw[1];
                break;
            case ScoreChoice.Difference:
                explained[0] = raw[1] - raw[0];
                break;
            default:
                raw.CopyTo(explained);
                break;
        }
    }

    /// <summary>The trees of the explained scores.</summary>
    public TreeEnsemble Of(TreeEnsemble ensemble)
    {
        var reading = this;
        var count = Count(ensemble.Targets);
        return ensemble with
        {
            Targets = count,
            Base = Explained(ensemble.Base),
            Trees = [.. ensemble.Trees.Select(tree => new Tree([.. tree.Nodes.Select(node => node.Weights.IsEmpty ? node : node with { Weights = reading.Of(node.Weights, ensemble.Targets) })]))],
        };
    }

    /// <summary>The weights of the explained scores.</summary>
    public LinearModel Of(LinearModel model)
    {
        var columns = model.Weights[0].Length;
        var rows = new ImmutableArray<double>[Count(model.Targets)];
        var reading = this;
        var byColumn = Enumerable.Range(0, columns).Select(column => reading.Explained([.. model.Weights.Select(weights => weights[column])])).ToArray();
        for (var target = 0; target < rows.Length; target++)
        {
            rows[target] = [.. byColumn.Select(column => column[target])];
        }

        return new LinearModel([.. rows], Explained(model.Intercepts));
    }

    private ImmutableArray<double> Explained(ImmutableArray<double> raw)
    {
        var explained = new double[Count(raw.Length)];
        Read(raw.AsSpan(), explained);
        return [.. explained];
    }

    private ImmutableArray<LeafWeight> Of(ImmutableArray<LeafWeight> weights, int targets)
    {
        var raw = new double[targets];
        foreach (var weight in weights)
        {
            raw[weight.Target] += weight.Value;
        }

        var explained = new double[Count(targets)];
        Read(raw, explained);
        return [.. explained.Select((value, target) => new LeafWeight(target, value)).Where(weight => weight.Value != 0)];
    }
}
