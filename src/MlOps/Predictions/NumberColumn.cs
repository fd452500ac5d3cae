using MlOps.Drift;
using MlOps.Models;

namespace MlOps.Predictions;

/// <summary>A number, or a categorical feature that the model takes as a number.</summary>
internal sealed class NumberColumn(FeatureSpec spec, InputSpec input, int index, FeatureBins? bins) : FeatureColumn(spec, input, index, bins)
{
    private readonly DomainIndex? domain =
        spec.Type == FeatureType.Categorical && !spec.Domain.IsDefaultOrEmpty ? new DomainIndex(spec.Domain) : null;

    public override string? Number(PredictionBatch batch, int row, double value, long? whole)
    {
        Mark(batch, row, Bins?.Of(value) ?? 0);
        if (domain?.Find(value, whole) < 0 && batch.NotesUnseen)
        {
            batch.NoteUnseen(Index, row, InvariantText(value, whole));
        }

        return FeedNumber(batch, row, value, whole);
    }

    public override string? Boolean(PredictionBatch batch, int row, bool value) => Number(batch, row, value ? 1 : 0, value ? 1 : 0);

    public override string? Text(PredictionBatch batch, int row, ReadOnlySpan<byte> utf8) => $"'{Spec.Name}' must be a number, not a text.";
}
