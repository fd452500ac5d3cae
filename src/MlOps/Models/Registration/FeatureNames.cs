using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace MlOps.Models.Registration;

/// <summary>Which of the caller's names is which of the graph's.</summary>
internal static class FeatureNames
{
    /// <summary>
    /// skl2onnx's rule for the names of inputs: what is no letter, number or underscore becomes an underscore; a leading digit gets one before it.
    /// </summary>
    public static string Exported(string name)
    {
        var result = new StringBuilder(name.Length + 1);
        foreach (var rune in name.EnumerateRunes())
        {
            if (result.Length == 0 && Rune.IsDigit(rune))
            {
                result.Append('_');
            }

            result.Append(IsKept(rune) ? rune.ToString() : "_");
        }

        return result.ToString();
    }

    /// <summary>Pairs the names: exactly, else by the exporter's rule where only one of the caller's names gives that of the graph.</summary>
    public static NamePairs Pair(ImmutableArray<string> graph, ImmutableArray<string> callers)
    {
        var pairs = new int[graph.Length];
        var taken = new bool[callers.Length];
        for (var index = 0; index < graph.Length; index++)
        {
            pairs[index] = callers.IndexOf(graph[index]);
            if (pairs[index] >= 0)
            {
                taken[pairs[index]] = true;
            }
        }

        var exported = callers.Select(Exported).ToImmutableArray();
        for (var index = 0; index < graph.Length; index++)
        {
            if (pairs[index] < 0)
            {
                var fitting = Enumerable.Range(0, callers.Length).Where(caller => !taken[caller] && exported[caller] == graph[index]).ToList();
                pairs[index] = fitting.Count == 1 ? fitting[0] : -1;
            }
        }

        foreach (var caller in pairs.Where(caller => caller >= 0))
        {
            taken[caller] = true;
        }

        // Two names that the exporter's rule makes one (a.b and a_b): it numbers them, and the exact match may be the other's input.
        var blurred = Enumerable.Range(0, callers.Length).Where(caller => !taken[caller] && graph.Contains(exported[caller])).Select(caller => callers[caller]).ToImmutableArray();
        return new NamePairs([.. pairs], blurred);
    }

    /// <summary>Whether any name of one side is one of the other, case and the exporter's rule aside: then positions are not to be trusted.</summary>
    public static bool Resemble(IEnumerable<string> graph, IEnumerable<string> callers)
    {
        var names = graph.ToHashSet(StringComparer.OrdinalIgnoreCase);
        return callers.Any(caller => names.Contains(caller) || names.Contains(Exported(caller)));
    }

    /// <summary>The one of the caller's names that is the graph's but for its case, by itself or by the exporter's rule; null when there is none, or several.</summary>
    public static string? ButForCase(string graph, ImmutableArray<string> callers) =>
        callers.Where(caller => graph.Equals(caller, StringComparison.OrdinalIgnoreCase) || graph.Equals(Exported(caller), StringComparison.OrdinalIgnoreCase)).ToList() is [var only] ? only : null;

    private static bool IsKept(Rune rune) =>
        rune.Value == '_' || Rune.IsLetter(rune)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;
}

/// <summary>For each of the graph's names the index of the caller's; −1 where there is none.</summary>
/// <param name="Blurred">The caller's names that pair with nothing because another gives the same name of the graph.</param>
internal sealed record NamePairs(ImmutableArray<int> Callers, ImmutableArray<string> Blurred)
{
    public int Count => Callers.Count(caller => caller >= 0);

    public bool IsComplete => Count == Callers.Length;
}
