using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace MlOps.InferenceLogs;

/// <summary>What rows are found by in an index, whatever texts callers and models bring: an entry of an index is short.</summary>
internal static class LogKeys
{
    // A class may be named at any length.
    private const int LongestSeries = 200;

    /// <summary>
    /// A refused request's status, or 32 bits of the label; null for a row that has neither. Whoever looks for a label by it compares the label, too. Stored: it is the same in every version.
    /// </summary>
    public static int? Outcome(LogRow row) => row.StatusCode != 200 ? row.StatusCode : row.Label is { } label ? Outcome(label) : null;

    /// <summary>FNV-1a over UTF-16.</summary>
    public static int Outcome(string label)
    {
        var hash = 2_166_136_261;
        foreach (var unit in label)
        {
            hash = (hash ^ unit) * 16_777_619;
        }

        return (int)hash;
    }

    /// <summary>The series' name in the database: itself, or its SHA-256 where it is long or no database could hold it.</summary>
    public static string Series(string series) => series.Length <= LongestSeries && IsStorable(series)
        ? series
        : "h:" + Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(series.AsSpan())));

    /// <summary>Whether every database keeps the text as it is: it holds no NUL and no half of a surrogate pair.</summary>
    public static bool IsStorable(string? text)
    {
        if (text is null)
        {
            return true;
        }

        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            // Most texts are of one run without either.
            var odd = rest.IndexOfAnyInRange('\uD800', '\uDFFF');
            var plain = odd < 0 ? rest : rest[..odd];
            if (plain.Contains('\0') || (odd >= 0 && Rune.DecodeFromUtf16(rest[odd..], out _, out _) != System.Buffers.OperationStatus.Done))
            {
                return false;
            }

            rest = odd < 0 ? default : rest[(odd + 2)..];
        }

        return true;
    }
}
