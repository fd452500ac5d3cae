using System.Globalization;
using System.Text;
using MlOps.Drift;
using MlOps.Models;

namespace MlOps.Predictions;

/// <summary>The known values of a categorical feature: by their texts, and by what they are equal to as numbers or booleans.</summary>
internal sealed class DomainIndex
{
    private readonly Utf8Table table;
    private readonly Dictionary<double, int> byNumber = [];
    private readonly int[] byBoolean = [-1, -1];

    public DomainIndex(IReadOnlyList<Scalar> domain)
    {
        table = new Utf8Table([.. domain.Select(value => value.ToString())]);
        for (var index = 0; index < domain.Count; index++)
        {
            var text = domain[index].ToString();
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && !byNumber.TryAdd(number, index))
            {
                byNumber[number] = -1;
            }

            if (bool.TryParse(text, out var flag))
            {
                byBoolean[flag ? 1 : 0] = byBoolean[flag ? 1 : 0] == -1 ? index : -2;
            }
        }
    }

    public string this[int index] => table[index];

    public ReadOnlySpan<byte> Utf8(int index) => table.Key(index);

    public int Find(ReadOnlySpan<byte> utf8) => table.Find(utf8);

    /// <summary>The one value that is equal to a number; −1 when none or several are.</summary>
    public int Find(double number) => byNumber.GetValueOrDefault(number, -1);

    public int Find(bool value) => byBoolean[value ? 1 : 0] is >= 0 and var index ? index : Find(value ? 1.0 : 0.0);
}

/// <summary>A text fed as a text: categorical, or free text.</summary>
internal sealed class TextColumn(FeatureSpec spec, InputSpec input, int index, FeatureBins? bins) : FeatureColumn(spec, input, index, bins)
{
    private readonly DomainIndex? domain = spec.Type == FeatureType.Categorical && !spec.Domain.IsDefaultOrEmpty ? new DomainIndex(spec.Domain) : null;

    public override string? Number(PredictionBatch batch, int row, double value, long? whole)
    {
        if (domain?.Find(value) is >= 0 and var known)
        {
            return Known(batch, row, known);
        }

        return Take(batch, row, whole?.ToString(CultureInfo.InvariantCulture) ?? value.ToString("R", CultureInfo.InvariantCulture));
    }

    public override string? Boolean(PredictionBatch batch, int row, bool value) =>
        domain?.Find(value) is >= 0 and var known ? Known(batch, row, known) : Take(batch, row, value ? "true" : "false");

    public override string? Text(PredictionBatch batch, int row, ReadOnlySpan<byte> utf8)
    {
        if (domain?.Find(utf8) is >= 0 and var known)
        {
            return Known(batch, row, known);
        }

        return Take(batch, row, Encoding.UTF8.GetString(utf8));
    }

    private string? Known(PredictionBatch batch, int row, int known)
    {
        Mark(batch, row, Bins?.Of(domain!.Utf8(known)) ?? 0);
        return FeedText(batch, row, domain![known]);
    }

    // Not on the fast path: a value that the domain lacks, or free text.
    private string? Take(PredictionBatch batch, int row, string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            return $"'{Spec.Name}' holds a NUL character, which no model input can.";
        }

        if (domain is not null)
        {
            batch.NoteUnseen(Index, text);
        }

        if (Bins is not null)
        {
            Mark(batch, row, Spec.Type == FeatureType.Text ? Bins.Of(text.Length) : Bins.Of(Encoding.UTF8.GetBytes(text)));
        }

        return FeedText(batch, row, text);
    }
}

/// <summary>A value fed as its position in the domain.</summary>
internal sealed class IndexColumn(FeatureSpec spec, InputSpec input, int index, FeatureBins? bins) : FeatureColumn(spec, input, index, bins)
{
    private readonly DomainIndex domain = new(spec.Domain);
    private readonly bool isFloat = input.Type is ElementType.Float or ElementType.Double or ElementType.Float16;

    public override string? Number(PredictionBatch batch, int row, double value, long? whole) =>
        Take(batch, row, domain.Find(value), whole?.ToString(CultureInfo.InvariantCulture) ?? value.ToString("R", CultureInfo.InvariantCulture));

    public override string? Boolean(PredictionBatch batch, int row, bool value) => Take(batch, row, domain.Find(value), value ? "true" : "false");

    public override string? Text(PredictionBatch batch, int row, ReadOnlySpan<byte> utf8)
    {
        var known = domain.Find(utf8);
        return Take(batch, row, known, known >= 0 ? "" : Encoding.UTF8.GetString(utf8));
    }

    private string? Take(PredictionBatch batch, int row, int known, string text)
    {
        if (known >= 0)
        {
            Mark(batch, row, Bins?.Of(domain.Utf8(known)) ?? 0);
            return FeedNumber(batch, row, known, known);
        }

        if (Spec.Unseen is null && !isFloat)
        {
            return $"'{Spec.Name}' does not know '{text}': {NearestName.Propose(text, Spec.Domain.Select(value => value.ToString()))}";
        }

        batch.NoteUnseen(Index, text);
        Mark(batch, row, Bins is null ? 0 : Bins.Of(Encoding.UTF8.GetBytes(text)));
        return Spec.Unseen is { } unseen ? FeedNumber(batch, row, unseen.AsNumber!.Value, unseen.AsInteger) : FeedNumber(batch, row, double.NaN, null);
    }
}
