using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace MlOps.Models.Registration;

/// <summary>Settles for each feature how its values are understood and fed: by its entry, else by its input's type and its baseline's cells.</summary>
internal sealed class FeatureTyping
{
    private readonly ModelMetadata metadata;
    private readonly BaselineTable? baseline;
    private readonly List<string> warnings;
    private readonly FaultList faults = new();
    private readonly List<JsonObject> toConfirm = [];
    private readonly List<Fault> open = [];
    private readonly NullRule nulls;

    private FeatureTyping(ModelMetadata metadata, BaselineTable? baseline, List<string> warnings)
    {
        (this.metadata, this.baseline, this.warnings) = (metadata, baseline, warnings);
        nulls = new NullRule(metadata, faults, warnings);
    }

    /// <exception cref="MlOpsException"><see cref="ErrorCode.InvalidMetadata"/> for entries that do not fit, <see cref="ErrorCode.FeaturesAmbiguous"/> for texts that an input of numbers cannot take.</exception>
    public static ImmutableArray<FeatureSpec> Settle(ImmutableArray<PairedFeature> features, ModelMetadata metadata, BaselineTable? baseline, List<string> warnings)
    {
        var typing = new FeatureTyping(metadata, baseline, warnings);
        var specs = features.Select(typing.Spec).ToImmutableArray();
        typing.faults.Throw(ErrorCode.InvalidMetadata, "metadata.features does not fit the model");
        typing.RefuseOpen();
        return specs;
    }

    private FeatureSpec Spec(PairedFeature feature)
    {
        var column = baseline?.Find(feature.Name);
        var type = feature.Entry?.Type ?? Inferred(feature.Input, column);
        var index = feature.Entry?.IndexEncoded ?? false;
        CheckType(feature, type, index);
        if (!index && feature.Input.Type != ElementType.String)
        {
            TextForNumbers(feature, type, column);
        }

        var domain = Domain(feature, type, index, column);
        var (nullable, missing) = nulls.Settle(feature, type, index, domain, column);
        return new FeatureSpec(feature.Name, type, nullable, missing, domain, index, feature.Entry?.Unseen, feature.Input.Index, feature.Column);
    }

    private static FeatureType Inferred(FeedInput input, TableColumn? column) => input.Type switch
    {
        ElementType.String => FeatureType.Categorical,
        ElementType.Bool => FeatureType.Boolean,
        _ => column?.Counts.IsBoolean == true ? FeatureType.Boolean : FeatureType.Numeric,
    };

    private void CheckType(PairedFeature feature, FeatureType type, bool index)
    {
        var takes = feature.Input.Type;
        var wrong = (type, takes) switch
        {
            (FeatureType.Numeric or FeatureType.Boolean, ElementType.String) => $"the input '{feature.Input.Name}' takes text: say \"dtype\": \"categorical\" or \"text\".",
            (FeatureType.Text, not ElementType.String) => $"the input '{feature.Input.Name}' takes {ConstantReader.Word(takes)}, so it cannot be free text.",
            (not FeatureType.Boolean, ElementType.Bool) => $"the input '{feature.Input.Name}' takes true and false: say \"dtype\": \"boolean\".",
            (_, ElementType.String) when index => $"the input '{feature.Input.Name}' takes text, not positions: drop \"encoding\".",
            _ => null,
        };
        if (wrong is not null)
        {
            faults.Add($"{feature.Entry?.Pointer ?? "/metadata/features"}/dtype", $"'{feature.Name}': {wrong}");
        }

        if (feature.Entry?.Unseen is { } unseen)
        {
            Encodable(feature, "unseen", unseen);
        }
    }

    /// <summary>A value that is fed as given must be one that the input takes; for an integer index, one of its positions.</summary>
    private void Encodable(PairedFeature feature, string key, Scalar value) => nulls.Encodable(feature, key, value, index: true, feature.Entry!.Domain);

    private ImmutableArray<Scalar> Domain(PairedFeature feature, FeatureType type, bool index, TableColumn? column)
    {
        if (type != FeatureType.Categorical)
        {
            return default;
        }

        var text = feature.Input.Type == ElementType.String;
        if (feature.Entry is { Domain.IsDefault: false } entry)
        {
            WarnOutside(feature, entry, !text && Levels.AreNumbers(entry.Domain), column);
            return text ? [.. entry.Domain.Select(value => Scalar.Of(value.ToString()))] : entry.Domain;
        }

        if (index)
        {
            toConfirm.Add(FeatureProposals.Index(feature.Name, feature.Entry, column, feature.Input.Type));
            open.Add(new Fault(feature.Entry!.Pointer + "/domain", $"'{feature.Name}' is fed as its position in \"domain\", which is not given: the baseline's values are never taken for it unasked, for a level that they lack shifts all after it."));
            return default;
        }

        if (column is null)
        {
            return default;
        }

        var levels = text ? Levels.Texts(column) is { } texts ? texts.Select(Scalar.Of).ToImmutableArray() : null : Levels.Values(column);
        if (levels is null)
        {
            warnings.Add($"'{feature.Name}' has more than {Levels.Most} values in the baseline: its domain stays open, and unseen values are not reported. If it is free text, say \"dtype\": \"text\".");
        }

        return levels is not { IsEmpty: false } known ? default
            : text || !column.Counts.IsBoolean ? known
            : [.. known.Select(level => level.AsInteger is { } bit ? bit == 1 : Cell.Flag(level.ToString()) == true).Distinct().Order().Select(Scalar.Of)];
    }

    private void WarnOutside(PairedFeature feature, FeatureEntry entry, bool numbersOnly, TableColumn? column)
    {
        if (column?.Levels(Levels.Most) is not { } levels)
        {
            return;
        }

        var texts = entry.Domain.Select(value => value.ToString()).ToHashSet(StringComparer.Ordinal);
        var numbers = entry.Domain.Select(value => Cell.Number(value.ToString())?.AsNumber).OfType<double>().ToHashSet();
        var outside = Levels.Sort(levels.Where(level => !(numbersOnly && Levels.IsNaN(level)) && !texts.Contains(level) && !(Cell.Number(level)?.AsNumber is { } number && numbers.Contains(number))));
        if (!outside.IsEmpty)
        {
            warnings.Add($"The baseline's '{feature.Name}' has values outside its domain: {string.Join(", ", outside.Take(20).Select(level => $"'{level}'"))}{(outside.Length > 20 ? ", …" : "")}.");
        }
    }

    private void TextForNumbers(PairedFeature feature, FeatureType type, TableColumn? column)
    {
        if (column?.Counts.IsText == true)
        {
            TextForNumbers(feature, column);
        }
        else if (type == FeatureType.Categorical && feature.Entry is { Domain.IsDefault: false } entry && entry.Domain.FirstOrDefault(value => value.AsNumber is null) is { IsNull: false } level)
        {
            toConfirm.Add(FeatureProposals.Index(feature.Name, entry, column, feature.Input.Type));
            open.Add(new Fault(
                $"{entry.Pointer}/domain", $"'{feature.Name}': the input '{feature.Input.Name}' takes {ConstantReader.Word(feature.Input.Type)}, and the domain holds the text '{level}'."));
        }
    }

    private void TextForNumbers(PairedFeature feature, TableColumn column)
    {
        var example = column.Text(column.Counts.FirstText);
        if (feature.Input.Type == ElementType.Bool)
        {
            faults.Add($"/baseline/{FaultList.Escape(feature.Name)}", $"'{feature.Name}': the input '{feature.Input.Name}' takes true, false, 1 and 0, and a cell of the baseline is '{example}'.");
            return;
        }

        var levels = column.Levels(Levels.Most);
        var count = levels is null ? $"more than {Levels.Most} levels" : $"{levels.Count} level{(levels.Count == 1 ? "" : "s")}";
        var hole = levels?.FirstOrDefault(IsHole) is { } word ? $" If '{word}' stands for a missing value, leave the cell empty instead." : "";
        toConfirm.Add(FeatureProposals.Index(feature.Name, feature.Entry, column, feature.Input.Type));
        open.Add(new Fault(
            feature.Entry?.Pointer ?? "/metadata/features",
            $"'{feature.Name}' has text in the baseline, such as '{example}' ({count}), and its input '{feature.Input.Name}' takes numbers.{hole}"));
    }

    private void RefuseOpen()
    {
        if (open.Count == 0)
        {
            return;
        }

        throw new MlOpsException(
            ErrorCode.FeaturesAmbiguous,
            $"{string.Join(" ", open.Take(20).Select(fault => fault.Detail))}{(open.Count > 20 ? " …" : "")} If each level is fed as its position in a sorted list, confirm the list, from position 0: {Proposal.Features(metadata, toConfirm)}. "
            + "It must be the trainer's own list: a level that the baseline lacks shifts all after it.",
            [.. open.Take(100)]);
    }

    private static bool IsHole(string text) => text.Trim().ToUpperInvariant() is "NA" or "N/A" or "NULL" or "NONE" or "?" or "-" or "NAN" or "<NA>";
}
