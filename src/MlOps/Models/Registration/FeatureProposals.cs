using System.Text.Json.Nodes;

namespace MlOps.Models.Registration;

/// <summary>Entries of <c>features</c> as the baseline's cells suggest them, to be confirmed.</summary>
internal static class FeatureProposals
{
    /// <summary>More levels than this are not printed: such a column is rather free text, or an id.</summary>
    public const int MostPrinted = 1_000;

    /// <summary>The <c>features</c> line with every column but the target.</summary>
    public static string OfHeader(ModelMetadata metadata, BaselineTable baseline) => Proposal.Line(
        "features",
        new JsonArray([.. baseline.NamesWithout(metadata.Target).Select(name => (JsonNode)Column(baseline.Find(name)!))]));

    /// <summary>The entry of a column for an input that takes numbers: texts become indices.</summary>
    public static JsonObject Column(TableColumn column)
    {
        if (column.Counts.IsText)
        {
            return Index(column);
        }

        var entry = Proposal.Feature(column.Name, column.Counts.IsBoolean ? "boolean" : "numeric");
        if (column.Counts.Empty + column.Counts.NaN > 0)
        {
            entry["nullable"] = true;
        }

        return entry;
    }

    /// <summary>The entry that feeds a column as positions in its sorted levels.</summary>
    public static JsonObject Index(TableColumn column) =>
        Levels.Values(column) is { } levels && levels.Length <= MostPrinted
            ? Proposal.IndexFeature(column.Name, levels)
            : Proposal.IndexFeature(column.Name, [Scalar.Of("<level 0>"), Scalar.Of("<level 1>"), Scalar.Of("…")]);

    public static string TypeWord(FeedInput input) => input.Type switch
    {
        ElementType.String => "categorical",
        ElementType.Bool => "boolean",
        _ => "numeric",
    };
}
