using System.Collections.Immutable;

namespace MlOps.Models;

/// <summary>Element types that a graph input may have.</summary>
public enum ElementType
{
    Float16,
    Float,
    Double,
    Int32,
    Int64,
    Bool,
    String,
}

/// <summary>How a feature's values are to be understood.</summary>
public enum FeatureType
{
    Numeric,
    Categorical,
    Boolean,

    /// <summary>Free text: no domain; drift on missing and length only.</summary>
    Text,
}

/// <summary>What a model does.</summary>
public enum ModelTask
{
    Classification,
    Regression,

    /// <summary>Labels −1 and 1 beside a score.</summary>
    Anomaly,
}

/// <summary>What the score columns are.</summary>
public enum ScoreKind
{
    /// <summary>There are none: a label alone.</summary>
    None,
    Probability,

    /// <summary>Log-odds: one column, or two that are opposite (the second counts); any other two or more are softmax's.</summary>
    Logit,

    /// <summary>Scores that say nothing but the label.</summary>
    Margin,

    /// <summary>The prediction itself.</summary>
    Value,
}

/// <summary>How a file is fed and read, as registration understood it.</summary>
/// <param name="Inputs">The graph's inputs in the graph's order, each with the features or constant it takes.</param>
/// <param name="Features">What callers send, in the order of the metadata, baseline or graph.</param>
/// <param name="RowByRow">Each row is run alone: the batch is fixed at 1, or a row's answer depends on its batch.</param>
public sealed record ModelSignature(
    ImmutableArray<InputSpec> Inputs,
    ImmutableArray<FeatureSpec> Features,
    OutputSpec Output,
    bool RowByRow);

/// <summary>One graph input.</summary>
/// <param name="Rank">1 ([N]) or 2 ([N, width]).</param>
/// <param name="Width">Columns; 1 for rank 1.</param>
/// <param name="Features">For each column the index into <see cref="ModelSignature.Features"/>; empty for a constant.</param>
/// <param name="Constant">What is fed when no feature is.</param>
public sealed record InputSpec(
    string Name,
    ElementType Type,
    int Rank,
    int Width,
    ImmutableArray<int> Features,
    ConstantSpec? Constant);

/// <summary>A fixed value for an input.</summary>
/// <param name="PerRow">The values are one row, to be repeated for every row of the batch; otherwise the whole tensor of shape <paramref name="Shape"/>.</param>
public sealed record ConstantSpec(bool PerRow, ImmutableArray<long> Shape, ImmutableArray<Scalar> Values);

/// <summary>One feature that callers send.</summary>
/// <param name="Missing">What a null is fed as; null where it is NaN (float inputs) or where there is no null.</param>
/// <param name="Domain">The known values of a categorical feature in their order (for an index the order is the code); default when unknown.</param>
/// <param name="IndexEncoded">A value is fed as its position in the domain.</param>
/// <param name="Unseen">What an index feature is fed for a value outside its domain; null: NaN for float inputs, else refused.</param>
/// <param name="Input">Index into <see cref="ModelSignature.Inputs"/>.</param>
/// <param name="Column">Column of that input.</param>
public sealed record FeatureSpec(
    string Name,
    FeatureType Type,
    bool Nullable,
    Scalar? Missing,
    ImmutableArray<Scalar> Domain,
    bool IndexEncoded,
    Scalar? Unseen,
    int Input,
    int Column);

/// <summary>How the graph's outputs are read.</summary>
/// <param name="Label">The graph output that holds the label; null without one.</param>
/// <param name="GraphLabels">The graph's label, as invariant text (a boolean as 0 or 1), of each class in the order of <paramref name="Classes"/>; empty without a label output.</param>
/// <param name="Scores">One output of K columns (or a sequence of maps), or K outputs of one column, in the order of the classes; empty without scores.</param>
/// <param name="ScoreMapKeys">For a sequence of maps: the key of each class; empty for tensors.</param>
/// <param name="ScoreWidth">K.</param>
/// <param name="Opposite">Two logit columns that are opposite: σ of the second counts, not their softmax.</param>
/// <param name="Classes">Names of the classes in the order of the score columns; empty for a regression.</param>
/// <param name="Threshold">Binary: <c>Classes[1]</c> when its probability is at least this; null to use the graph's label, or the largest.</param>
/// <param name="Ignored">Outputs that are none of these.</param>
public sealed record OutputSpec(
    ModelTask Task,
    string? Label,
    ImmutableArray<string> GraphLabels,
    ImmutableArray<string> Scores,
    ImmutableArray<string> ScoreMapKeys,
    int ScoreWidth,
    bool Opposite,
    ScoreKind Kind,
    ImmutableArray<string> Classes,
    double? Threshold,
    ImmutableArray<string> Ignored);
