using System.Globalization;
using System.Text;
using MlOps.Drift;
using MlOps.Models;

namespace MlOps.Predictions;

/// <summary>One feature compiled for the hot path: checks a value, feeds it to its column, and finds its bin. Faults are sentences; null is fine.</summary>
internal abstract class FeatureColumn
{
    private readonly double missingNumber = double.NaN;
    private readonly long? missingWhole;
    private readonly string? missingText;
    private readonly bool takesNull;

    protected FeatureColumn(FeatureSpec spec, InputSpec input, int index, FeatureBins? bins)
    {
        (Spec, Input, Index) = (spec, input, index);
        Bins = bins is null ? null : new BinIndex(bins);
        Utf8Name = Encoding.UTF8.GetBytes(spec.Name);
        IsFloat = input.Type is ElementType.Float or ElementType.Float16 or ElementType.Double;
        if (spec.Missing is { } missing)
        {
            missingText = input.Type == ElementType.String ? missing.ToString() : null;
            missingNumber = missing.AsNumber ?? double.NaN;
            missingWhole = missing.AsInteger;
        }

        takesNull = spec.Nullable && (IsFloat || missingText is not null || missingWhole is not null);
    }

    public FeatureSpec Spec { get; }

    public byte[] Utf8Name { get; }

    protected InputSpec Input { get; }

    protected int Index { get; }

    protected BinIndex? Bins { get; }

    protected bool IsFloat { get; }

    public static FeatureColumn Of(FeatureSpec spec, InputSpec input, int index, FeatureBins? bins) => spec switch
    {
        { IndexEncoded: true } => new IndexColumn(spec, input, index, bins),
        { Type: FeatureType.Boolean } => new BooleanColumn(spec, input, index, bins),
        { Type: FeatureType.Numeric } => new NumberColumn(spec, input, index, bins),
        _ when input.Type == ElementType.String => new TextColumn(spec, input, index, bins),
        _ when input.Type == ElementType.Bool => new BooleanColumn(spec, input, index, bins),
        _ => new NumberColumn(spec, input, index, bins),
    };

    /// <param name="value">Finite.</param>
    /// <param name="whole">The number exactly, where it is a whole one within int64.</param>
    public abstract string? Number(PredictionBatch batch, int row, double value, long? whole);

    public abstract string? Boolean(PredictionBatch batch, int row, bool value);

    public abstract string? Text(PredictionBatch batch, int row, ReadOnlySpan<byte> utf8);

    public string? Null(PredictionBatch batch, int row)
    {
        if (!takesNull)
        {
            return $"'{Spec.Name}' may not be null or absent: send a value.";
        }

        Mark(batch, row, Bins?.Missing ?? 0);
        return missingText is null ? FeedNumber(batch, row, missingNumber, missingWhole) : FeedText(batch, row, missingText);
    }

    protected void Mark(PredictionBatch batch, int row, ushort bin)
    {
        if (Bins is not null)
        {
            batch.Bins[(row * batch.Plan.Columns.Length) + Index] = bin;
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
                return null;
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
                return whole is not null || Math.Abs(value) >= long.MaxValue
                    ? TooLarge($"a {(Input.Type == ElementType.Int32 ? 32 : 64)}-bit integer")
                    : $"'{Spec.Name}' must be a whole number: a fraction is not cut off.";
            case TensorBuffer<bool> buffer when value is 0 or 1:
                buffer.Values[at] = value == 1;
                return null;
            case TensorBuffer<string> buffer:
                buffer.Values[at] = InvariantText(value, whole);
                return null;
            default:
                return $"'{Spec.Name}' must be true, false, 1 or 0.";
        }
    }

    protected static string InvariantText(double value, long? whole) =>
        whole?.ToString(CultureInfo.InvariantCulture) ?? value.ToString("R", CultureInfo.InvariantCulture);

    private string TooLarge(string type) => $"'{Spec.Name}' is beyond the range of {type}, which the model takes.";
}
