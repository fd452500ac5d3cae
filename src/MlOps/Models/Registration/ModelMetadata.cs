using System.Collections.Immutable;
using System.Text.Json;

namespace MlOps.Models.Registration;

/// <summary>What the owner says of a model. Lists that are absent are default.</summary>
/// <param name="Inputs">Graph input → names of the features that it takes, in the order written.</param>
/// <param name="Constants">Graph input that is no feature → its value, not yet checked against the input.</param>
internal sealed record ModelMetadata(
    ImmutableArray<FeatureEntry> Features,
    ImmutableArray<InputEntry> Inputs,
    ImmutableArray<ConstantEntry> Constants,
    OutputsEntry Outputs,
    ImmutableArray<string> Classes,
    double? Threshold,
    ModelTask? Task,
    string? Target,
    ImmutableArray<ExampleEntry> Examples)
{
    public bool ListsFeatures => !Features.IsDefault;

    /// <summary>The entry of a feature; null when it has none.</summary>
    public FeatureEntry? Entry(string name) => ListsFeatures ? Features.FirstOrDefault(entry => entry.Name == name) : null;
}

/// <summary>One entry of <c>features</c>.</summary>
/// <param name="Index">Position in the list.</param>
/// <param name="Domain">Default when not given.</param>
/// <param name="Source">The entry as written, to be repeated in proposals.</param>
internal sealed record FeatureEntry(
    int Index,
    string Name,
    FeatureType Type,
    bool? Nullable,
    Scalar? Missing,
    ImmutableArray<Scalar> Domain,
    bool IndexEncoded,
    Scalar? Unseen,
    JsonElement Source)
{
    public string Pointer => $"/metadata/features/{Index}";
}

/// <summary>One property of <c>inputs</c>.</summary>
internal sealed record InputEntry(string Input, ImmutableArray<string> Features)
{
    public string Pointer => $"/metadata/inputs/{FaultList.Escape(Input)}";
}

/// <summary>One property of <c>constants</c>.</summary>
internal sealed record ConstantEntry(string Input, JsonElement Value)
{
    public string Pointer => $"/metadata/constants/{FaultList.Escape(Input)}";
}

/// <summary><c>outputs</c>, as far as it is given.</summary>
internal sealed record OutputsEntry(string? Label, ImmutableArray<string> Scores, ScoreKind? Kind);

/// <summary>One entry of <c>examples</c>: a row, and what the trained model answered for it.</summary>
/// <param name="Prediction">Null when only probabilities are given.</param>
internal sealed record ExampleEntry(
    int Index, ImmutableArray<KeyValuePair<string, Scalar>> Inputs, Scalar? Prediction, ImmutableArray<KeyValuePair<string, double>> Probabilities)
{
    public string Pointer => $"/metadata/examples/{Index}";
}
