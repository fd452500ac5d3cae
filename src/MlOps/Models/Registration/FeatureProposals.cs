using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace MlOps.Models.Registration;

/// <summary>Entries of <c>features</c> as the baseline's cells and the graph's inputs suggest them, to be confirmed.</summary>
internal static class FeatureProposals
{
    /// <summary>More levels than this are not printed: such a column is rather free text, or an id.</summary>
    public const int MostPrinted = 1_000;

    /// <summary>The <c>features</c> line with every column but the target; entries that are there stay.</summary>
    public static string OfHeader(ModelMetadata metadata, BaselineTable baseline, List<FeedInput> narrow, FeedInput wide)
    {
        FeedInput InputOf(string name) =>
            narrow.Find(input => input.Name == name) ?? narrow.Find(input => input.Name == FeatureNames.Exported(name)) ?? wide;

        return Proposal.Line(
            "features",
            new JsonArray([
                .. baseline.NamesWithout(metadata.Target).Select(name => (JsonNode)(metadata.Entry(name) is { } entry ? Proposal.Copy(entry) : Column(baseline.Find(name)!, InputOf(name).Type))),
            ]));
    }

    /// <summary>The entry that feeds a feature as positions in its domain: the one that its entry has, else the sorted levels of its column.</summary>
    public static JsonObject Index(string name, FeatureEntry? entry, TableColumn? column, ElementType input)
    {
        var index = entry is null ? Proposal.Feature(name, "categorical") : Proposal.Copy(entry);
        index["dtype"] = "categorical";
        index["encoding"] = "index";
        if (entry is not { Domain.IsDefault: false })
        {
            index["domain"] = new JsonArray([.. Domain(column).Select(Proposal.Node)]);
        }

        // An index of integers takes positions only.
        if (input is ElementType.Int32 or ElementType.Int64 && entry?.Missing is { } missing && !(missing.AsInteger >= 0 && missing.AsInteger < index["domain"]!.AsArray().Count))
        {
            index.Remove("missing");
            index.Remove("nullable");
        }

        return index;
    }

    public static string TypeWord(ElementType input) => input switch
    {
        ElementType.String => "categorical",
        ElementType.Bool => "boolean",
        _ => "numeric",
    };

    // For an input that takes numbers texts become indices; only floats have a null of their own.
    private static JsonObject Column(TableColumn column, ElementType input)
    {
        if (input is ElementType.String or ElementType.Bool)
        {
            return Proposal.Feature(column.Name, TypeWord(input));
        }

        if (column.Counts.IsText)
        {
            return Index(column.Name, null, column, input);
        }

        var entry = Proposal.Feature(column.Name, column.Counts.IsBoolean ? "boolean" : "numeric");
        if (column.Counts.Empty + column.Counts.NaN > 0 && input is ElementType.Float or ElementType.Double or ElementType.Float16)
        {
            entry["nullable"] = true;
        }

        return entry;
    }

    private static ImmutableArray<Scalar> Domain(TableColumn? column) =>
        column is null ? [Scalar.Of("<level 0>"), Scalar.Of("<level 1>")]
        : Levels.Values(column) is { } levels && levels.Length <= MostPrinted ? levels
        : [Scalar.Of("<level 0>"), Scalar.Of("<level 1>"), Scalar.Of("…")];
}
