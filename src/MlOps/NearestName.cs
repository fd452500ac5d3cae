namespace MlOps;

/// <summary>Finds the known name that an unknown one was probably meant to be.</summary>
public static class NearestName
{
    /// <summary>A sentence for a refusal: <c>did you mean 'threshold'?</c>, or the known names where none is near.</summary>
    public static string Propose(string unknown, IEnumerable<string> known)
    {
        var names = known as IReadOnlyCollection<string> ?? [.. known];
        return Of(unknown, names) is { } near
            ? $"did you mean '{near}'?"
            : $"known are {string.Join(", ", names.Take(30).Select(name => $"'{name}'"))}{(names.Count > 30 ? ", …" : "")}.";
    }

    /// <summary>The nearest name by edit distance, case aside; null when none is near enough (a third of its length, at least 2).</summary>
    public static string? Of(string unknown, IEnumerable<string> known)
    {
        string? best = null;
        var least = int.MaxValue;
        foreach (var name in known)
        {
            var distance = Distance(unknown, name);
            if (distance < least && distance <= Math.Max(2, name.Length / 3))
            {
                (best, least) = (name, distance);
            }
        }

        return best;
    }

    // Levenshtein with adjacent transpositions, over at most 200 characters: names are short, and a hostile one must not cost.
    private static int Distance(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        const int Longest = 200;
        a = a[..Math.Min(a.Length, Longest)];
        b = b[..Math.Min(b.Length, Longest)];
        Span<int> before = stackalloc int[Longest + 1];
        Span<int> last = stackalloc int[Longest + 1];
        Span<int> row = stackalloc int[Longest + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            last[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var same = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]);
                row[j] = Math.Min(Math.Min(row[j - 1], last[j]) + 1, last[j - 1] + (same ? 0 : 1));
                if (i > 1 && j > 1 && char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 2])
                    && char.ToLowerInvariant(a[i - 2]) == char.ToLowerInvariant(b[j - 1]))
                {
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
                }
            }

            last[..(b.Length + 1)].CopyTo(before);
            row[..(b.Length + 1)].CopyTo(last);
        }

        return last[b.Length];
    }
}
