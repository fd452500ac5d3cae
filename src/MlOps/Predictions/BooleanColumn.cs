using MlOps.Drift;
using MlOps.Models;

namespace MlOps.Predictions;

/// <summary>True or false, also as 1 and 0. A model that takes texts is fed the domain's spelling, else <c>true</c> and <c>false</c>.</summary>
internal sealed class BooleanColumn : FeatureColumn
{
    private readonly string[] texts = ["false", "true"];

    public BooleanColumn(FeatureSpec spec, InputSpec input, int index, FeatureBins? bins)
        : base(spec, input, index, bins)
    {
        if (!spec.Domain.IsDefaultOrEmpty)
        {
            var domain = new DomainIndex(spec.Domain);
            texts = [Spelling(domain, false), Spelling(domain, true)];
        }
    }

    public override string? Number(PredictionBatch batch, int row, double value, long? whole) =>
        value is 0 or 1 ? Boolean(batch, row, value == 1) : Refusal;

    public override string? Boolean(PredictionBatch batch, int row, bool value)
    {
        Mark(batch, row, Bins?.Of(value ? 1 : 0) ?? 0);
        return Input.Type == ElementType.String ? FeedText(batch, row, texts[value ? 1 : 0]) : FeedNumber(batch, row, value ? 1 : 0, value ? 1 : 0);
    }

    public override string? Text(PredictionBatch batch, int row, ReadOnlySpan<byte> utf8) => Refusal;

    private string Refusal => $"'{Spec.Name}' must be true, false, 1 or 0.";

    private string Spelling(DomainIndex domain, bool value) => domain.Find(value) is >= 0 and var known ? domain[known] : texts[value ? 1 : 0];
}
