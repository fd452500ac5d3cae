using MlOps.Format;
using MlOps.Models;

namespace MlOps.Contributions;

/// <summary>
/// The way back from a score output to the node that made it: past what only arranges, a logistic function or a softmax, and, for a regression, past additions, factors and one
/// exponential function.
/// </summary>
internal sealed class ScoreWalk(GraphValue output, OutputSpec spec)
{
    private const int MostSteps = 1_000;

    private double factor = 1;
    private double added;

    /// <summary>Where the walk ends: at the first node that it cannot go past.</summary>
    public GraphValue End { get; private set; } = output;

    /// <summary>What stands before the last logistic function or softmax; null without one.</summary>
    public (GraphValue Value, int Width)? Before { get; private set; }

    /// <summary>The output is the exponential function of the walk's end.</summary>
    public bool IsLogarithm { get; private set; }

    /// <summary>What the end's score is multiplied by, and what is added then: before the exponential function where there is one, with the logarithm of a factor after it.</summary>
    public (double Factor, double Added) Affine => (factor, added);

    public bool IsAffine => factor != 1 || added != 0;

    public void Run()
    {
        for (var step = 0; step < MostSteps && Next() is { } before; step++)
        {
            End = before;
        }
    }

    private GraphValue? Next()
    {
        if (End.Node is not { } node || End.Input(0) is not { } before)
        {
            return null;
        }

        if (node.PassesOn() || node.Is("", "Unsqueeze") || node.Is(Operators.MachineLearning, "ZipMap"))
        {
            return before;
        }

        return spec.Task == ModelTask.Classification ? Classifying(node, before) : Computing(node, before);
    }

    // Binary networks are written as [1 − p, p].
    private GraphValue? Classifying(NodeProto node, GraphValue before)
    {
        switch (node.OpType)
        {
            case "Normalizer" or "Slice" or "ArrayFeatureExtractor" or "Gather":
                return before;
            case "Concat" when spec.Classes.Length == 2 && node.Input.Count == 2:
                return End.Input(1);
            case "Sigmoid" or "Softmax" when Before is null:
                Before = (before, node.OpType == "Softmax" ? spec.Classes.Length : spec.Classes.Length == 2 ? 1 : spec.Classes.Length);
                return before;
            default:
                return null;
        }
    }

    private GraphValue? Computing(NodeProto node, GraphValue before)
    {
        if (node.Is("", "Exp") && !IsLogarithm && added == 0 && factor > 0)
        {
            (IsLogarithm, added, factor) = (true, Math.Log(factor), 1);
            return before;
        }

        if (node.Is("", "Neg"))
        {
            factor = -factor;
            return before;
        }

        var (left, right) = (Number(before), End.Input(1) is { } other ? Number(other) : null);
        switch (node.OpType, left, right)
        {
            case ("Add", null, { } number):
                added += factor * number;
                return before;
            case ("Add", { } number, null):
                added += factor * number;
                return End.Input(1);
            case ("Sub", null, { } number):
                added -= factor * number;
                return before;
            case ("Sub", { } number, null):
                added += factor * number;
                factor = -factor;
                return End.Input(1);
            case ("Mul", null, { } number):
                factor *= number;
                return before;
            case ("Mul", { } number, null):
                factor *= number;
                return End.Input(1);
            case ("Div", null, { } number):
                factor /= number;
                return before;
            default:
                return null;
        }
    }

    private static double? Number(GraphValue value) => ConstantTensor.Read(Provenance.Source(value)) is { IsDefault: false, Length: 1 } one ? one[0].AsNumber : null;
}
