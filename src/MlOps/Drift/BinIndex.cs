using MlOps.Predictions;

namespace MlOps.Drift;

/// <summary>Finds the bin of a value: <see cref="FeatureBins"/>, compiled for the hot path.</summary>
internal sealed class BinIndex
{
    private readonly double[] edges;
    private readonly double[] numbers;
    private readonly int[] numberBins;
    private readonly Utf8Table? texts;
    private readonly int rest;

    public BinIndex(FeatureBins bins)
    {
        edges = bins.ByValue ? [] : [.. bins.Edges];
        var values = bins.ByValue ? bins.Values : [];
        var byNumber = values.Select((value, bin) => (Number: value.AsNumber, Bin: bin)).Where(one => one.Number is not null).OrderBy(one => one.Number).ToList();
        numbers = [.. byNumber.Select(one => one.Number!.Value)];
        numberBins = [.. byNumber.Select(one => one.Bin)];
        texts = bins.ByValue ? new Utf8Table([.. values.Select(value => value.ToString())]) : null;
        Missing = bins.ByValue ? values.Length : edges.Length + 1;
        rest = Missing + 1;
    }

    public int Missing { get; }

    /// <summary>The bin of a number before it is narrowed to the input's type.</summary>
    public int Of(double value)
    {
        if (double.IsNaN(value))
        {
            return Missing;
        }

        if (texts is null)
        {
            var below = 0;
            foreach (var edge in edges)
            {
                below += edge < value ? 1 : 0;
            }

            return below;
        }

        var found = Array.BinarySearch(numbers, value);
        return found >= 0 ? numberBins[found] : rest;
    }

    public int Of(ReadOnlySpan<byte> utf8)
    {
        var found = texts?.Find(utf8) ?? -1;
        return found >= 0 ? found : rest;
    }
}
