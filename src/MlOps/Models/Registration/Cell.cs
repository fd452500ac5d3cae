using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace MlOps.Models.Registration;

/// <summary>What a CSV cell can be read as.</summary>
internal static class Cell
{
    /// <summary>A whole number within int64 exactly (<c>5.0</c> too), else a number; null for anything else, NaN included.</summary>
    public static Scalar? Number(ReadOnlySpan<byte> cell)
    {
        cell = cell.Trim(" \t"u8);
        if (Utf8Parser.TryParse(cell, out long whole, out var consumed) && consumed == cell.Length)
        {
            return Scalar.Of(whole);
        }

        if (!double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || double.IsNaN(number))
        {
            return Infinity(cell) is { } infinite ? Scalar.Of(infinite) : null;
        }

        return number == Math.Floor(number) && Math.Abs(number) <= 1L << 53 ? Scalar.Of((long)number) : Scalar.Of(number);
    }

    public static Scalar? Number(string text) => Number(Encoding.UTF8.GetBytes(text));

    /// <summary>A missing value of a numeric column.</summary>
    public static bool IsNaN(ReadOnlySpan<byte> cell) => Ascii.EqualsIgnoreCase(cell.Trim(" \t"u8), "nan"u8);

    /// <summary><c>true</c> or <c>false</c> in any case.</summary>
    public static bool? Flag(ReadOnlySpan<byte> cell) =>
        Ascii.EqualsIgnoreCase(cell, "true"u8) ? true : Ascii.EqualsIgnoreCase(cell, "false"u8) ? false : null;

    public static bool? Flag(string text) => bool.TryParse(text, out var flag) ? flag : null;

    // pandas writes infinities so; .NET reads only the long words.
    private static double? Infinity(ReadOnlySpan<byte> cell) =>
        Ascii.EqualsIgnoreCase(cell, "inf"u8) || Ascii.EqualsIgnoreCase(cell, "+inf"u8) ? double.PositiveInfinity
        : Ascii.EqualsIgnoreCase(cell, "-inf"u8) ? double.NegativeInfinity
        : null;
}
