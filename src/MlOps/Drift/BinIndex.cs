using System.Globalization;
using System.Text;
using MlOps.Predictions;

namespace MlOps.Drift;

/// <summary>Finds the bin of a value: <see cref="FeatureBins"/>, compiled for the hot path. Immutable, and allocates nothing.</summary>
internal sealed class BinIndex
{
    /// <summary>Set on the bin of a value that the baseline does not know: <c>other</c> holds known ones too, and the unseen rate counts only these.</summary>
    public const ushort Unseen = 0x8000;

    private readonly double[] edges;
    private readonly double[] numbers = [];
    private readonly ushort[] numberBins = [];
    private readonly Utf8Table? texts;
    private readonly ushort[] textBins = [];
    private readonly ushort rest;

    public BinIndex(FeatureBins bins)
    {
        edges = bins.ByValue ? [] : [.. bins.Edges];
        Missing = (ushort)(bins.ByValue ? bins.Values.Length : edges.Length + 1);
        rest = (ushort)(Missing + 1);
        if (!bins.ByValue)
        {
            return;
        }

        var known = bins.Rarer.IsDefault ? bins.Values : bins.Values.AddRange(bins.Rarer);
        var binned = known.Select((value, index) => (Value: value, Bin: index < Missing ? (ushort)index : rest)).ToList();
        texts = new Utf8Table([.. known.Select(value => value.ToString())]);
        textBins = [.. binned.Select(one => one.Bin)];
        var byNumber = binned.Where(one => one.Value.AsNumber is not null).OrderBy(one => one.Value.AsNumber).ToList();
        numbers = [.. byNumber.Select(one => one.Value.AsNumber!.Value)];
        numberBins = [.. byNumber.Select(one => one.Bin)];
    }

    public ushort Missing { get; }

    /// <summary>The bin of a number before it is narrowed to the input's type; NaN is missing.</summary>
    public ushort Of(double value)
    {
        if (double.IsNaN(value))
        {
            return Missing;
        }

        if (texts is null)
        {
            // Nine edges at most: comparing with all of them beats a search, for nothing has to be predicted.
            var below = 0;
            foreach (var edge in edges)
            {
                below += edge < value ? 1 : 0;
            }

            return (ushort)below;
        }

        var found = Array.BinarySearch(numbers, value);
        return found >= 0 ? numberBins[found] : (ushort)(rest | Unseen);
    }

    public ushort Of(ReadOnlySpan<byte> utf8)
    {
        var found = texts?.Find(utf8) ?? -1;
        return found >= 0 ? textBins[found] : (ushort)(rest | Unseen);
    }

    public ushort OfText(string text) => Of(Encoding.UTF8.GetBytes(text));

    /// <summary>The bin of a value of the domain, which the baseline may have spelled as another text of the same number.</summary>
    public ushort OfDomain(ReadOnlySpan<byte> utf8)
    {
        var bin = Of(utf8);
        return (bin & Unseen) != 0 && double.TryParse(utf8, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? Of(number) : bin;
    }
}
