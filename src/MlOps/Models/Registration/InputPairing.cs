using System.Collections.Immutable;

namespace MlOps.Models.Registration;

/// <summary>A feature with the column that it feeds.</summary>
/// <param name="Name">The caller's name.</param>
internal sealed record PairedFeature(string Name, FeedInput Input, int Column, FeatureEntry? Entry);

/// <summary>
/// Finds for every column of the graph's inputs the feature that feeds it: by metadata.inputs, else by name, else, for one wide input, by the
/// order of what the narrow ones leave. Nothing is guessed: what stays open is refused with the lines that settle it.
/// </summary>
internal sealed class InputPairing
{
    private readonly GraphInputs inputs;
    private readonly ModelMetadata metadata;
    private readonly BaselineTable? baseline;
    private readonly ImmutableDictionary<string, int> treeColumns;
    private readonly List<string> warnings;
    private readonly ImmutableArray<string> header;
    private readonly List<PairedFeature> paired = [];
    private readonly PairingRefusals refusals;
    private bool byHeader;

    private InputPairing(GraphInputs inputs, ModelMetadata metadata, BaselineTable? baseline, ImmutableDictionary<string, int> treeColumns, List<string> warnings)
    {
        (this.inputs, this.metadata, this.baseline, this.treeColumns, this.warnings) = (inputs, metadata, baseline, treeColumns, warnings);
        header = baseline?.NamesWithout(metadata.Target) ?? [];
        refusals = new PairingRefusals(metadata, baseline, treeColumns);
    }

    /// <returns>The features in the order of the metadata, the baseline or the graph.</returns>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.FeaturesAmbiguous"/> or <see cref="ErrorCode.InvalidMetadata"/>.</exception>
    public static ImmutableArray<PairedFeature> Pair(
        GraphInputs inputs, ModelMetadata metadata, BaselineTable? baseline, ImmutableDictionary<string, int> treeColumns, List<string> warnings)
    {
        var pairing = new InputPairing(inputs, metadata, baseline, treeColumns, warnings);
        pairing.ByMetadataInputs();
        var features = pairing.Rest();
        PairingChecks.Check(features, inputs, metadata, baseline, treeColumns, warnings);
        return features;
    }

    private void ByMetadataInputs()
    {
        var faults = new FaultList();
        foreach (var entry in metadata.Inputs)
        {
            var input = inputs.All.First(one => one.Name == entry.Input);
            if (input.Width is { } width && width != entry.Features.Length)
            {
                faults.Add(entry.Pointer, $"The input '{input.Name}' takes {width} feature{(width == 1 ? "" : "s")}, and \"inputs\" gives it {entry.Features.Length}.");
            }

            paired.AddRange(entry.Features.Select((name, column) => new PairedFeature(name, input, column, metadata.Entry(name))));
        }

        faults.Throw(ErrorCode.InvalidMetadata, "metadata.inputs does not fit the graph");
    }

    private ImmutableArray<PairedFeature> Rest()
    {
        var rest = inputs.Fed.Where(input => paired.TrueForAll(feature => feature.Input != input)).ToList();
        var wide = rest.Where(input => !input.IsNarrow).ToList();
        var claimed = paired.Select(feature => feature.Name).ToHashSet(StringComparer.Ordinal);
        var listed = metadata.ListsFeatures ? [.. metadata.Features.Select(entry => entry.Name).Where(name => !claimed.Contains(name))] : ImmutableArray<string>.Empty;
        var columns = header.Where(name => !claimed.Contains(name)).ToImmutableArray();
        if (wide.Count > 1)
        {
            throw refusals.SeveralWide(wide, inputs);
        }

        if (rest.Count == 0)
        {
            refusals.MatchNothing(listed, paired.Select(feature => feature.Name));
        }
        else if (wide.Count == 0)
        {
            Narrow(rest, listed, columns);
        }
        else
        {
            Wide(rest, wide[0], listed, columns);
        }

        return Ordered();
    }

    private void Narrow(List<FeedInput> rest, ImmutableArray<string> listed, ImmutableArray<string> columns)
    {
        var graph = rest.Select(input => input.Name).ToImmutableArray();
        var complete = listed.Length == rest.Count;
        var callers = complete || baseline is null ? listed : [.. columns, .. listed.Where(name => !columns.Contains(name))];
        byHeader = !complete && baseline is not null;
        if (rest.Count == 1 && callers.Length == 1 && inputs.Fed.Count() == 1)
        {
            Add(callers[0], rest[0], 0);
            return;
        }

        var pairs = FeatureNames.Pair(graph, callers);
        if (pairs.Count == 0 && callers.Length == rest.Count && !FeatureNames.Resemble(graph, callers))
        {
            ByPosition(rest, callers);
            return;
        }

        if (!pairs.IsComplete && pairs.Blurred.Length > 0)
        {
            throw refusals.Blurred(rest, pairs, callers);
        }

        if (pairs.Count == 0 && byHeader)
        {
            throw refusals.NoNameMatches(rest, callers);
        }

        refusals.MatchNothing(listed.Where(name => !pairs.Callers.Contains(callers.IndexOf(name))), graph);
        var free = callers.Where((_, index) => !pairs.Callers.Contains(index)).ToImmutableArray();
        if (rest.Where((input, index) => pairs.Callers[index] < 0 && FeatureNames.ButForCase(input.Name, free) is not null).ToList() is { Count: > 0 } alike)
        {
            throw refusals.DifferByCase(alike, free);
        }

        for (var index = 0; index < rest.Count; index++)
        {
            Add(pairs.Callers[index] < 0 ? graph[index] : callers[pairs.Callers[index]], rest[index], 0);
        }
    }

    private void ByPosition(List<FeedInput> rest, ImmutableArray<string> callers)
    {
        for (var index = 0; index < rest.Count; index++)
        {
            Add(callers[index], rest[index], 0);
        }

        warnings.Add(
            $"No feature is named like an input of the graph, so they are paired by position: {string.Join(", ", rest.Select((input, index) => $"{callers[index]} → {input.Name}"))}. "
            + "If that is not their order, say which is which in metadata.inputs.");
    }

    private void Wide(List<FeedInput> rest, FeedInput wide, ImmutableArray<string> listed, ImmutableArray<string> columns)
    {
        var narrow = rest.Where(input => input.IsNarrow).ToList();
        if (wide.Width is null && !metadata.ListsFeatures)
        {
            throw refusals.UnknownWidth(wide, narrow);
        }

        var complete = wide.Width is null || listed.Length == narrow.Count + wide.Width;
        if (!complete && baseline is null)
        {
            FromGraph(narrow, wide, listed);
            return;
        }

        byHeader = !complete;
        var callers = complete ? listed : [.. columns, .. listed.Where(name => !columns.Contains(name))];
        var pairs = FeatureNames.Pair([.. narrow.Select(input => input.Name)], callers);
        if (!pairs.IsComplete && (complete || pairs.Blurred.Length > 0))
        {
            throw refusals.NarrowUnclaimed(narrow, pairs, rest, callers);
        }

        for (var index = 0; index < narrow.Count; index++)
        {
            Add(pairs.Callers[index] < 0 ? narrow[index].Name : callers[pairs.Callers[index]], narrow[index], 0);
        }

        var left = (complete ? callers : columns).Where(name => !pairs.Callers.Contains(callers.IndexOf(name))).ToImmutableArray();
        if (wide.Width is { } width && left.Length != width)
        {
            throw refusals.CountDoesNotFit(wide, narrow, left, listed);
        }

        if (left.IsEmpty)
        {
            throw refusals.UnknownWidth(wide, narrow);
        }

        refusals.MatchNothing(listed.Where(name => !left.Contains(name) && !pairs.Callers.Contains(callers.IndexOf(name))), left.Concat(narrow.Select(input => input.Name)));
        for (var column = 0; column < left.Length; column++)
        {
            Add(left[column], wide, column);
        }

        if (byHeader)
        {
            warnings.Add(
                $"The columns of '{wide.Name}' take the order of the baseline's header: {string.Join(", ", left)}. Trainers may reorder them (H2O, FLAML, ColumnTransformer): say theirs in metadata.features if it differs.");
        }
    }

    private void FromGraph(List<FeedInput> narrow, FeedInput wide, ImmutableArray<string> listed)
    {
        var graph = narrow.Select(input => input.Name).Concat(Enumerable.Range(0, wide.Width!.Value).Select(column => $"{wide.Name}_{column}")).ToImmutableArray();
        var pairs = FeatureNames.Pair(graph, listed);
        if (pairs.Count < listed.Length)
        {
            throw refusals.ListAllFeatures(narrow, wide, [.. listed.Where((_, index) => !pairs.Callers.Contains(index))]);
        }

        for (var index = 0; index < graph.Length; index++)
        {
            Add(pairs.Callers[index] < 0 ? graph[index] : listed[pairs.Callers[index]], index < narrow.Count ? narrow[index] : wide, Math.Max(0, index - narrow.Count));
        }
    }

    private void Add(string name, FeedInput input, int column) => paired.Add(new PairedFeature(name, input, column, metadata.Entry(name)));

    private ImmutableArray<PairedFeature> Ordered()
    {
        if (paired.TrueForAll(feature => feature.Entry is not null))
        {
            return [.. paired.OrderBy(feature => feature.Entry!.Index)];
        }

        if (!metadata.ListsFeatures && !metadata.Inputs.IsEmpty)
        {
            return [.. paired];
        }

        return
        [
            .. paired
                .OrderBy(feature => header.IndexOf(feature.Name) is >= 0 and var position ? position : int.MaxValue)
                .ThenBy(feature => feature.Input.Index)
                .ThenBy(feature => feature.Column),
        ];
    }
}
