using System.Globalization;
using System.Text;
using MlOps.Drift;
using MlOps.Models;

namespace MlOps.Predictions;

/// <summary>One feature compiled for the hot path: checks a value, feeds it to its column, and finds its bin. Faults are sentences; null is fine.</summary>
internal abstract class FeatureColumn
{
    private readonly Scalar? missing;
    private readonly bool hasNull;

    protected FeatureColumn(FeatureSpec spec, InputSpec input, int index, FeatureBins? bins)
    {
        (Spec, Input, Index) = (spec, input, index);
        Bins = bins is null ? null : new BinIndex(bins);
        missing = spec.Missing;
        hasNull = spec.Missing is not null || input.Type is ElementType.Float or ElementType.Float16 or ElementType.Double;
        Utf8Name = Encoding.UTF8.GetBytes(spec.Name);
    }

    public FeatureSpec Spec { get; }

    public byte[] Utf8Name { get; }

    protected InputSpec Input { get; }

    protected int Index { get; }

    protected BinIndex? Bins { get; }

    public static FeatureColumn Of(FeatureSpec spec, InputSpec input, int index, FeatureBins? bins) => spec switch
    {
        { IndexEncoded: true } => new IndexColumn(spec, input, index, bins),
        { Type: FeatureType.Boolean } => new BooleanColumn(spec, input, index, bins),
        _ when input.Type == ElementType.String => new TextColumn(spec, input, index, bins),
        _ when input.Type == ElementType.Bool => new BooleanColumn(spec, input, index, bins),
        _ => new NumberColumn(spec, input, index, bins),
    };

    /// <param name="whole">The exact whole number where there is one.</param>
    public abstract string? Number(PredictionBatch batch, int row, double value, long? whole);

    public abstract string? Boolean(PredictionBatch batch, int row, bool value);

    public abstract string? Text(PredictionBatch batch, int row, ReadOnlySpan<byte> utf8);

    public string? Null(PredictionBatch batch, int row)
    {
        if (!Spec.Nullable || !hasNull)
        {
            return $"'{Spec.Name}' may not be null or absent: send a value.";
        }

        Mark(batch, row, Bins?.Missing ?? 0);
        if (missing is not { } stand)
        {
            return FeedNumber(batch, row, double.NaN, null);
        }

        return stand.Kind == ScalarKind.Text || Input.Type == ElementType.String
            ? FeedText(batch, row, stand.ToString())
            : FeedNumber(batch, row, stand.AsNumber!.Value, stand.AsInteger);
    }

    protected void Mark(PredictionBatch batch, int row, int bin)
    {
        if (Bins is not null)
        {
            batch.Bins[(row * batch.Plan.Columns.Length) + Index] = (ushort)bin;
        }
    }

    protected string? FeedText(PredictionBatch batch, int row, string text)
    {
        ((TensorBuffer<string>)batch.Inputs[Spec.Input]).Values[(row * Input.Width) + Spec.Column] = text;
        return null;
    }

    /// <summary>Feeds a number in the input's own type; never truncates.</summary>
    protected string? FeedNumber(PredictionBatch batch, int row, double value, long? whole)
    {
        var at = (row * Input.Width) + Spec.Column;
        switch (batch.Inputs[Spec.Input])
        {
            case TensorBuffer<float> buffer:
                buffer.Values[at] = (float)value;
                return float.IsInfinity(buffer.Values[at]) ? TooLarge("a 32-bit float") : null;
            case TensorBuffer<double> buffer:
                buffer.Values[at] = value;
                return double.IsInfinity(value) ? TooLarge("a 64-bit float") : null;
            case TensorBuffer<Half> buffer:
                buffer.Values[at] = (Half)value;
                return Half.IsInfinity(buffer.Values[at]) ? TooLarge("a 16-bit float") : null;
            case TensorBuffer<long> buffer when whole is not null:
                buffer.Values[at] = whole.Value;
                return null;
            case TensorBuffer<int> buffer when whole is >= int.MinValue and <= int.MaxValue:
                buffer.Values[at] = (int)whole.Value;
                return null;
            case TensorBuffer<int> or TensorBuffer<long>:
                return value == Math.Floor(value) ? TooLarge($"a {(Input.Type == ElementType.Int32 ? 32 : 64)}-bit integer") : $"'{Spec.Name}' must be a whole number.";
            case TensorBuffer<bool> buffer when value is 0 or 1:
                buffer.Values[at] = value == 1;
                return null;
            case TensorBuffer<string> buffer:
                buffer.Values[at] = whole?.ToString(CultureInfo.InvariantCulture) ?? value.ToString("R", CultureInfo.InvariantCulture);
                return null;
            default:
                return $"'{Spec.Name}' must be true, false, 1 or 0.";
        }
    }

    private string TooLarge(string type) => $"'{Spec.Name}' is beyond the range of {type}, which the model takes.";
}

/// <summary>A number, or a categorical feature that is fed as a number.</summary>
internal sealed class NumberColumn(FeatureSpec spec, InputSpec input, int index, FeatureBins? bins) : FeatureColumn(spec, input, index, bins)
{
    private readonly HashSet<double>? domain =
        spec.Type == FeatureType.Categorical && !spec.Domain.IsDefaultOrEmpty ? [.. spec.Domain.Select(value => value.AsNumber).OfType<double>()] : null;

    public override string? Number(PredictionBatch batch, int row, double value, long? whole)
    {
        Mark(batch, row, Bins?.Of(value) ?? 0);
        if (domain?.Contains(value) == false)
        {
            batch.NoteUnseen(Index, whole?.ToString(CultureInfo.InvariantCulture) ?? value.ToString("R", CultureInfo.InvariantCulture));
        }

        return FeedNumber(batch, row, value, whole);
    }

    public override string? Boolean(PredictionBatch batch, int row, bool value) => Number(batch, row, value ? 1 : 0, value ? 1 : 0);

    public override string? Text(PredictionBatch batch, int row, ReadOnlySpan<byte> utf8) => $"'{Spec.Name}' must be a number, not a text.";
}

/// <summary>True or false, also as 1 and 0.</summary>
internal sealed class BooleanColumn(FeatureSpec spec, InputSpec input, int index, FeatureBins? bins) : FeatureColumn(spec, input, index, bins)
{
    public override string? Number(PredictionBatch batch, int row, double value, long? whole) =>
        value is 0 or 1 ? Boolean(batch, row, value == 1) : Refusal;

    public override string? Boolean(PredictionBatch batch, int row, bool value)
    {
        Mark(batch, row, Bins?.Of(value ? 1 : 0) ?? 0);
        return Input.Type == ElementType.String ? FeedText(batch, row, value ? "true" : "false") : FeedNumber(batch, row, value ? 1 : 0, value ? 1 : 0);
    }

    public override string? Text(PredictionBatch batch, int row, ReadOnlySpan<byte> utf8) => Refusal;

    private string Refusal => $"'{Spec.Name}' must be true, false, 1 or 0.";
}
