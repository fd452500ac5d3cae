using System.Text;
using MlOps.Drift;
using MlOps.Models;

namespace MlOps.Predictions;

/// <summary>A value fed as a text: categorical, or free text.</summary>
internal sealed class TextColumn : FeatureColumn
{
    private readonly DomainIndex? domain;
    private readonly ushort[] domainBins = [];

    public TextColumn(FeatureSpec spec, InputSpec input, int index, FeatureBins? bins)
        : base(spec, input, index, bins)
    {
        if (spec.Type == FeatureType.Categorical && !spec.Domain.IsDefaultOrEmpty)
        {
            domain = new DomainIndex(spec.Domain);
            domainBins = domain.Bins(Bins);
        }
    }

    public override string? Number(PredictionBatch batch, int row, double value, long? whole) =>
        domain?.Find(value, whole) is >= 0 and var known ? Known(batch, row, known) : Other(batch, row, InvariantText(value, whole));

    public override string? Boolean(PredictionBatch batch, int row, bool value) =>
        domain?.Find(value) is >= 0 and var known ? Known(batch, row, known) : Other(batch, row, value ? "true" : "false");

    public override string? Text(PredictionBatch batch, int row, ReadOnlySpan<byte> utf8)
    {
        if (domain?.Find(utf8) is >= 0 and var known)
        {
            return Known(batch, row, known);
        }

        // The model would see such a text cut short.
        return utf8.Contains((byte)0)
            ? $"'{Spec.Name}' holds a NUL character, which no model input can."
            : Other(batch, row, Encoding.UTF8.GetString(utf8));
    }

    private string? Known(PredictionBatch batch, int row, int known)
    {
        Mark(batch, row, domainBins[known]);
        return FeedText(batch, row, domain![known]);
    }

    private string? Other(PredictionBatch batch, int row, string text)
    {
        if (domain is not null)
        {
            batch.NoteUnseen(Index, row, text);
        }

        if (Bins is not null)
        {
            Mark(batch, row, Spec.Type == FeatureType.Text ? Bins.Of(text.Length) : Bins.OfText(text));
        }

        return FeedText(batch, row, text);
    }
}
