using System.Globalization;
using MlOps.Models;
using MlOps.Predictions;

namespace MlOps.Drift;

/// <summary>What the bins of a feature are called: the same for as long as they are frozen.</summary>
internal static class BinLabels
{
    private const string Missing = "missing";
    private const string Unseen = "unseen";
    private const string Other = "other";

    // The largest number below zero is an edge of the prediction grid, and no number that a person reads.
    private const double JustBelowZero = -double.Epsilon;

    /// <param name="type">Free text is binned by length, and its labels say so.</param>
    public static IEnumerable<string> Of(FeatureBins bins, FeatureType type)
    {
        var measured = type == FeatureType.Text ? "length " : "";
        var labels = bins.ByValue ? bins.Values.Select(Value) : Intervals(bins);
        return [.. labels.Select(label => measured + label), Missing, .. bins.ByValue ? [measured + (bins.HasOther ? Other : Unseen)] : Array.Empty<string>()];
    }

    // A value that is called like one of our bins is quoted.
    private static string Value(Scalar value)
    {
        var text = PredictionBatch.Shortened(value.ToString());
        return text is Missing or Unseen or Other or "" ? $"\"{text}\"" : text;
    }

    private static IEnumerable<string> Intervals(FeatureBins bins)
    {
        var edges = bins.Edges;
        if (edges.IsEmpty)
        {
            yield return "any";
            yield break;
        }

        yield return edges[0] == JustBelowZero ? "< 0" : $"≤ {Text(edges[0])}";
        for (var edge = 1; edge < edges.Length; edge++)
        {
            var from = edges[edge - 1] == JustBelowZero ? "[0" : $"({Text(edges[edge - 1])}";
            var to = edges[edge] == JustBelowZero ? "0)" : $"{Text(edges[edge])}]";
            yield return $"{from}, {to}";
        }

        yield return edges[^1] == JustBelowZero ? "≥ 0" : $"> {Text(edges[^1])}";
    }

    private static string Text(double edge) => (edge + 0.0).ToString("R", CultureInfo.InvariantCulture);
}
