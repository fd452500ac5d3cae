using System.Collections.Immutable;

namespace MlOps.Contributions;

/// <summary>Means of columns over rows.</summary>
internal sealed class ColumnMeans(int columns)
{
    private readonly double[] sums = new double[columns];

    /// <summary>Rows counted.</summary>
    public long Rows { get; private set; }

    public ImmutableArray<double> Means => [.. sums.Select(sum => sum / Rows)];

    /// <summary>False when a value was missing, or infinite, in some row.</summary>
    public bool AreFinite => Rows > 0 && sums.All(double.IsFinite);

    /// <param name="read">Row-major.</param>
    public void Add(ReadOnlySpan<double> read, int rows)
    {
        for (var at = 0; at < read.Length; at++)
        {
            sums[at % sums.Length] += read[at];
        }

        Rows += rows;
    }
}
