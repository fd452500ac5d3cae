using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace MlOps.Models.Registration;

/// <summary>Says why features cannot be paired with inputs, and prints the lines of metadata that settle it.</summary>
internal sealed class PairingRefusals(ModelMetadata metadata, BaselineTable? baseline, ImmutableDictionary<string, int> treeColumns)
{
    public void MatchNothing(IEnumerable<string> listed, IEnumerable<string> known)
    {
        var faults = new FaultList();
        var names = known.ToList();
        foreach (var name in listed)
        {
            faults.Add(metadata.Entry(name)!.Pointer, $"The feature '{name}' matches no input and no column: {NearestName.Propose(name, names)}");
        }

        faults.Throw(ErrorCode.InvalidMetadata, "metadata.features names what the model does not take");
    }

    public MlOpsException SeveralWide(List<FeedInput> wide, GraphInputs inputs)
    {
        var template = Proposal.Inputs(metadata);
        foreach (var input in wide)
        {
            template[input.Name] = Proposal.List(Enumerable.Range(0, Math.Min(input.Width ?? Math.Max(1, treeColumns.GetValueOrDefault(input.Name)), 2000)).Select(column => $"<feature {column} of {input.Name}>"));
        }

        var known = metadata.ListsFeatures ? metadata.Features.Select(entry => entry.Name).ToList() : baseline?.NamesWithout(metadata.Target).ToList() ?? [];
        var names = known.Count > 0 ? $" The features to place are {string.Join(", ", known.Take(200))}." : "";
        return Ambiguous(
            $"The graph has {wide.Count} inputs of several columns ({string.Join(", ", wide.Select(Described))}), and nothing says which features each takes: {Proposal.Line("inputs", template)}.{names}"
            + $"{(inputs.Fed.Any(input => input.IsNarrow) ? " Inputs of one column need not be repeated." : "")} An input that is no feature but a fixed value belongs in \"constants\".",
            "/metadata/inputs");
    }

    public MlOpsException UnknownWidth(FeedInput wide, List<FeedInput> narrow)
    {
        var trees = treeColumns.GetValueOrDefault(wide.Name);
        var seen = trees > 0 ? $" (its trees read {trees} columns at least)" : "";
        var line = baseline is null
            ? Marked(narrow, wide, Math.Max(1, trees))
            : FeatureProposals.OfHeader(metadata, baseline, narrow, wide);
        var strike = baseline is null
            ? "one entry for each feature, in the order of training"
            : "strike what the model does not take, and bring the rest into the order of training if it is another";
        return Ambiguous($"The file does not say how many columns '{wide.Name}' takes{seen}, so metadata must list all features: {line} ({strike}).", "/metadata/features");
    }

    public MlOpsException ListAllFeatures(List<FeedInput> narrow, FeedInput wide, ImmutableArray<string> strange) => Ambiguous(
        $"metadata.features lists {metadata.Features.Length} features where the inputs take {narrow.Count + wide.Width}, and {string.Join(", ", strange.Select(name => $"'{name}'"))} cannot be placed: "
        + $"'{wide.Name}' has {wide.Width} columns without names. List all of them, in the order of training: {Marked(narrow, wide, wide.Width!.Value)}.",
        "/metadata/features");

    public MlOpsException CountDoesNotFit(FeedInput wide, List<FeedInput> narrow, ImmutableArray<string> left, ImmutableArray<string> listed)
    {
        var others = narrow.Count > 0 ? ", without those of the other inputs," : "";
        var detail = $"The input '{wide.Name}' takes {wide.Width} columns, and the baseline{(metadata.Target is null ? "" : $" without its target '{metadata.Target}'")}{others} has {left.Length}";
        if (listed.Length > narrow.Count + wide.Width)
        {
            return Ambiguous($"The inputs take {narrow.Count + wide.Width} features, and metadata.features lists {listed.Length}: list those that the model takes, in the order of training.", "/metadata/features");
        }

        detail += $": {string.Join(", ", left.Take(100))}. ";
        if (left.Length == wide.Width + 1 && metadata.Target is null)
        {
            return Ambiguous(
                $"{detail}If one of them is what the model predicts, name it: {Proposal.Line("target", JsonValue.Create("<column>"))}, perhaps {Proposal.Line("target", JsonValue.Create(left[^1]))}. "
                + $"Otherwise list the features in the order of training: {FeatureProposals.OfHeader(metadata, baseline!, narrow, wide)}, without the one that the model does not take.",
                "/metadata/target");
        }

        detail += left.Length > wide.Width
            ? $"List those that the model takes, in the order of training: {FeatureProposals.OfHeader(metadata, baseline!, narrow, wide)}, without the {left.Length - wide.Width} that it does not take."
            : $"List all features in the order of training: {Marked(narrow, wide, wide.Width!.Value)}.";
        if (left.IsEmpty)
        {
            var constants = Proposal.Constants(metadata);
            constants[wide.Name] = Proposal.List(Enumerable.Range(0, Math.Min(wide.Width!.Value, 100)).Select(_ => "<number>"));
            detail += $" If '{wide.Name}' takes no feature but a fixed value: {Proposal.Line("constants", constants)}.";
        }

        return Ambiguous(detail, "/metadata/features");
    }

    public MlOpsException NarrowUnclaimed(List<FeedInput> narrow, NamePairs pairs, List<FeedInput> rest, ImmutableArray<string> callers)
    {
        var open = narrow.Where((_, index) => pairs.Callers[index] < 0).ToList();
        var constants = Proposal.Constants(metadata);
        open.ForEach(input => constants[input.Name] = "<value>");
        return Ambiguous(
            $"{(open.Count == 1 ? "The input" : "The inputs")} {string.Join(", ", open.Select(input => $"'{input.Name}'"))} of one column {(open.Count == 1 ? "has" : "have")} no feature of that name"
            + $"{Blur(pairs)}: pair them, {Template(rest, callers)}, or, for a fixed value, {Proposal.Line("constants", constants)}.",
            "/metadata/inputs");
    }

    public MlOpsException Blurred(List<FeedInput> rest, NamePairs pairs, ImmutableArray<string> callers) =>
        Ambiguous($"Names cannot be told apart{Blur(pairs)}: pair them, {Template(rest, callers)}.", "/metadata/inputs");

    public MlOpsException NoNameMatches(List<FeedInput> rest, ImmutableArray<string> callers) => Ambiguous(
        $"The graph's inputs {string.Join(", ", rest.Select(input => $"'{input.Name}'").Take(100))} match no column of the baseline ({string.Join(", ", callers.Take(100))}) by name, and "
        + $"{(callers.Length == rest.Count ? "some names differ by case only" : $"there are {callers.Length} columns for {rest.Count} inputs")}. "
        + $"Say which is which: {Template(rest, callers)}{(metadata.Target is null ? $", and what the model predicts: {Proposal.Line("target", JsonValue.Create("<column>"))}" : "")}.",
        "/metadata/inputs");

    /// <summary>Inputs that no column is called like, but for its case.</summary>
    public MlOpsException DifferByCase(List<FeedInput> open, ImmutableArray<string> callers) => Ambiguous(
        $"{string.Join(", ", open.Select(input => $"'{input.Name}' and the baseline's '{FeatureNames.ButForCase(input.Name, callers)}'").Take(20))} differ by case only: say whether they are the same, {Template(open, callers)}, or rename the column.",
        "/metadata/inputs");

    private static string Described(FeedInput input) => $"'{input.Name}' with {(input.Width is { } width ? $"{width}" : "an unknown number of")} columns";

    private static string Blur(NamePairs pairs) => pairs.Blurred.IsEmpty
        ? ""
        : $" (the exporter's rule makes the same input name of several of yours, among them {string.Join(", ", pairs.Blurred.Select(name => $"'{name}'").Take(10))})";

    // A place is filled in where one of the caller's names is the input's, at least but for its case.
    private string Template(List<FeedInput> rest, ImmutableArray<string> callers)
    {
        var template = Proposal.Inputs(metadata);
        foreach (var input in rest)
        {
            template[input.Name] = input.IsNarrow
                ? Proposal.List([FeatureNames.ButForCase(input.Name, callers) ?? $"<feature of {input.Name}>"])
                : Proposal.List(Enumerable.Range(0, Math.Min(input.Width ?? 1, 2000)).Select(column => $"<feature {column} of {input.Name}>"));
        }

        return Proposal.Line("inputs", template);
    }

    private static string Marked(List<FeedInput> narrow, FeedInput wide, int count) => Proposal.Line(
        "features",
        new JsonArray([
            .. narrow.Select(input => Proposal.Feature(input.Name, FeatureProposals.TypeWord(input.Type))),
            .. Enumerable.Range(0, Math.Min(count, 2000)).Select(index => Proposal.Feature($"<feature {index}>", FeatureProposals.TypeWord(wide.Type))),
        ]));

    private static MlOpsException Ambiguous(string detail, string pointer) => new(ErrorCode.FeaturesAmbiguous, detail, [new Fault(pointer, detail)]);
}
