namespace MlOps.Metrics;

/// <summary>
/// What feedback has shown about the rows of a window. Sums are exact (<see cref="ExactSum"/>), so windows add up in any order, and a correction takes away
/// exactly what was added: the window is then as if it had never been.
/// </summary>
/// <param name="Labelled">Rows whose actual is known.</param>
/// <param name="Correct">Of a classifier: rows whose actual is the predicted class.</param>
/// <param name="AbsoluteError">Of a regression: Σ |prediction − actual|.</param>
/// <param name="SquaredError">Σ (prediction − actual)².</param>
/// <param name="Actual">Σ actual.</param>
/// <param name="SquaredActual">Σ actual².</param>
public readonly record struct AccuracyCounts(
    long Labelled, long Correct, ExactSum AbsoluteError, ExactSum SquaredError, ExactSum Actual, ExactSum SquaredActual)
{
    private const byte Version = 1;
    private const string What = "accuracy counts";

    /// <summary>The share of labelled rows that a classifier predicted right; null without any.</summary>
    public double? Accuracy => Labelled == 0 ? null : Correct / (double)Labelled;

    /// <summary>A regression's; null without labelled rows.</summary>
    public double? MeanAbsoluteError => Labelled == 0 ? null : AbsoluteError.Over(ExactSum.Of(Labelled));

    /// <summary>A regression's 1 − n·Σe² / (n·Σy² − (Σy)²); null where all actuals are equal, or there is none. The divisor is exact: nothing cancels.</summary>
    public double? RSquared
    {
        get
        {
            var rows = ExactSum.Of(Labelled);
            var spread = (rows * SquaredActual) - (Actual * Actual);
            return spread.Sign <= 0 ? null : 1 - (rows * SquaredError).Over(spread);
        }
    }

    public bool IsZero => this == default;

    public static AccuracyCounts operator +(AccuracyCounts left, AccuracyCounts right) => new(
        left.Labelled + right.Labelled,
        left.Correct + right.Correct,
        left.AbsoluteError + right.AbsoluteError,
        left.SquaredError + right.SquaredError,
        left.Actual + right.Actual,
        left.SquaredActual + right.SquaredActual);

    public static AccuracyCounts operator -(AccuracyCounts value) => new(
        -value.Labelled, -value.Correct, -value.AbsoluteError, -value.SquaredError, -value.Actual, -value.SquaredActual);

    public static AccuracyCounts operator -(AccuracyCounts left, AccuracyCounts right) => left + -right;

    /// <summary>One row, predicted and seen.</summary>
    public static AccuracyCounts Of(Target prediction, Target actual)
    {
        if (prediction.IsClass != actual.IsClass)
        {
            throw new ArgumentException("A class is compared with a class, a number with a number.", nameof(actual));
        }

        if (prediction.IsClass)
        {
            return new AccuracyCounts(1, prediction.Class == actual.Class ? 1 : 0, default, default, default, default);
        }

        var seen = ExactSum.Of(actual.Number);
        var error = ExactSum.Of(prediction.Number) - seen;
        return new AccuracyCounts(1, 0, error.Abs(), error * error, seen, seen * seen);
    }

    /// <summary>For a column of the database: a byte for the version, then variable-length numbers. A difference of windows can be written too.</summary>
    public byte[] ToBytes()
    {
        var writer = new CountWriter(Version);
        writer.Signed(Labelled);
        writer.Signed(Correct);
        AbsoluteError.Write(writer);
        SquaredError.Write(writer);
        Actual.Write(writer);
        SquaredActual.Write(writer);
        return writer.ToArray();
    }

    /// <exception cref="InvalidDataException">These are not the bytes of such counts, or of another version.</exception>
    public static AccuracyCounts Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CountReader(bytes, What, Version);
        var counts = new AccuracyCounts(
            reader.Signed(), reader.Signed(), ExactSum.Read(ref reader), ExactSum.Read(ref reader), ExactSum.Read(ref reader), ExactSum.Read(ref reader));
        reader.End();
        return counts;
    }
}
