using System.Text;
using MlOps.Drift;
using MlOps.Models;

namespace MlOps.Predictions;

/// <summary>A categorical value fed as its position in the domain, from 0.</summary>
internal sealed class IndexColumn : FeatureColumn
{
    private readonly DomainIndex domain;
    private readonly ushort[] domainBins;

    public IndexColumn(FeatureSpec spec, InputSpec input, int index, FeatureBins? bins)
        : base(spec, input, index, bins)
    {
        domain = new DomainIndex(spec.Domain.IsDefault ? [] : spec.Domain);
        domainBins = domain.Bins(Bins);
    }

    public override string? Number(PredictionBatch batch, int row, double value, long? whole) =>
        domain.Find(value, whole) is >= 0 and var known ? Known(batch, row, known) : Other(batch, row, InvariantText(value, whole));

    public override string? Boolean(PredictionBatch batch, int row, bool value) =>
        domain.Find(value) is >= 0 and var known ? Known(batch, row, known) : Other(batch, row, value ? "true" : "false");

    public override string? Text(PredictionBatch batch, int row, ReadOnlySpan<byte> utf8) =>
        domain.Find(utf8) is >= 0 and var known ? Known(batch, row, known) : Other(batch, row, Encoding.UTF8.GetString(utf8));

    private string? Known(PredictionBatch batch, int row, int known)
    {
        Mark(batch, row, domainBins[known]);
        return FeedNumber(batch, row, known, known);
    }

    private string? Other(PredictionBatch batch, int row, string text)
    {
        if (Spec.Unseen is null && !IsFloat)
        {
            return $"'{Spec.Name}' does not know '{PredictionBatch.Shortened(text)}': {NearestName.Propose(text, Spec.Domain.Select(value => value.ToString()))}";
        }

        batch.NoteUnseen(Index, row, text);
        Mark(batch, row, Bins?.OfText(text) ?? 0);
        return Spec.Unseen is { } unseen ? FeedNumber(batch, row, unseen.AsNumber!.Value, unseen.AsInteger) : FeedNumber(batch, row, double.NaN, null);
    }
}
