using System.Collections.Immutable;

namespace MlOps.Models.Registration;

/// <summary>Compares what rows are answered together with what they are answered alone: a dynamically quantized network scales by its batch.</summary>
internal static class BatchDependence
{
    public const int Rows = 100;
    private const double Tolerance = 1e-5;

    /// <summary>The largest difference of a used output, relative to max(1, |value|), when it is beyond the tolerance; 1 for a label.</summary>
    public static double? Of(OutputSpec output, ImmutableArray<OutputView> together, ImmutableArray<OutputView> alone)
    {
        var largest = 0.0;
        foreach (var (batch, single) in together.Zip(alone).Where(pair => pair.First.Name == output.Label || output.Scores.Contains(pair.First.Name)))
        {
            for (var row = 0; row < batch.Rows; row++)
            {
                for (var column = 0; column < batch.Width; column++)
                {
                    largest = Math.Max(largest, batch.IsFloat ? Difference(batch.Number(row, column), single.Number(row, column)) : batch.Label(row) == single.Label(row) ? 0 : 1);
                }
            }
        }

        return largest > Tolerance ? largest : null;
    }

    private static double Difference(double a, double b)
    {
        if (!double.IsFinite(a) || !double.IsFinite(b))
        {
            return a.Equals(b) ? 0 : 1;
        }

        return Math.Abs(a - b) / Math.Max(1, Math.Abs(b));
    }
}
