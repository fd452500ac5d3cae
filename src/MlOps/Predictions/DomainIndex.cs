using System.Globalization;
using MlOps.Drift;
using MlOps.Models;

namespace MlOps.Predictions;

/// <summary>The known values of a categorical feature: by their texts, and by what they are equal to as numbers or booleans.</summary>
internal sealed class DomainIndex
{
    private const int None = -1;
    private const int Several = -2;
    private const NumberStyles Decimal = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    private readonly Utf8Table texts;
    private readonly Dictionary<long, int> wholes = [];
    private readonly Dictionary<double, int> fractions = [];
    private readonly int[] booleans = [None, None];

    public DomainIndex(IReadOnlyList<Scalar> domain)
    {
        texts = new Utf8Table([.. domain.Select(value => value.ToString())]);
        for (var index = 0; index < domain.Count; index++)
        {
            var text = domain[index].ToString();
            if (bool.TryParse(text, out var flag))
            {
                booleans[flag ? 1 : 0] = booleans[flag ? 1 : 0] == None ? index : Several;
            }
            else if (Whole(text) is { } whole)
            {
                wholes[whole] = wholes.ContainsKey(whole) ? Several : index;
            }
            else if (double.TryParse(text, Decimal, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
            {
                fractions[number] = fractions.ContainsKey(number) ? Several : index;
            }
        }
    }

    public string this[int index] => texts[index];

    /// <summary>The baseline bin of every value.</summary>
    public ushort[] Bins(BinIndex? bins)
    {
        var found = new ushort[texts.Count];
        for (var index = 0; index < found.Length; index++)
        {
            found[index] = bins?.OfDomain(texts.Key(index)) ?? 0;
        }

        return found;
    }

    public int Find(ReadOnlySpan<byte> utf8) => texts.Find(utf8);

    /// <summary>The one value that is equal to a number, else the one whose text is the number's; −1 when there is none.</summary>
    public int Find(double number, long? whole)
    {
        var found = whole is { } exact ? wholes.GetValueOrDefault(exact, None) : fractions.GetValueOrDefault(number, None);
        if (found == None && whole is (0 or 1))
        {
            found = booleans[whole.Value];
        }

        return found >= 0 ? found : FindText(number, whole);
    }

    /// <summary>The one value that is equal to a boolean, else to 1 or 0; −1 when there is none.</summary>
    public int Find(bool value)
    {
        var found = booleans[value ? 1 : 0];
        if (found == None)
        {
            found = wholes.GetValueOrDefault(value ? 1 : 0, None);
        }

        return found >= 0 ? found : texts.Find(value ? "true"u8 : "false"u8);
    }

    private int FindText(double number, long? whole)
    {
        Span<byte> text = stackalloc byte[32];
        var length = 0;
        _ = whole?.TryFormat(text, out length, default, CultureInfo.InvariantCulture) ?? number.TryFormat(text, out length, "R", CultureInfo.InvariantCulture);
        return texts.Find(text[..length]);
    }

    // 1.0 and 1e0 are the whole number 1; beyond 2^53 only digits are exact.
    private static long? Whole(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? whole
        : double.TryParse(text, Decimal, CultureInfo.InvariantCulture, out var number) ? Scalar.Of(number).AsInteger
        : null;
}
