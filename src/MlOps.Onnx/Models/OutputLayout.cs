namespace MlOps.Models;

/// <summary>The shape of one output as runs have shown it; what files declare is often wrong.</summary>
internal sealed class OutputLayout
{
    private long[]? one;
    private long[]? behindRows;

    public void Saw(ReadOnlySpan<long> shape, int rows)
    {
        if (rows == 1)
        {
            one ??= shape.ToArray();
        }
        else if (shape.Length > 0 && shape[0] == rows)
        {
            behindRows ??= shape[1..].ToArray();
        }
    }

    /// <summary>The shape that so many rows will give; null while that is not known.</summary>
    public long[]? For(int rows) => rows == 1 ? one : behindRows is { } tail ? [rows, .. tail] : null;
}
