using System.Collections.Immutable;
using System.Globalization;

namespace MlOps.Models.Registration;

/// <summary>Finds the class that a target or actual means: by name, by the graph's label, by equal number, or as a boolean in any case.</summary>
internal sealed class ClassMatch
{
    private readonly Dictionary<string, int> names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> labels = new(StringComparer.Ordinal);
    private readonly Dictionary<double, int> numbers = [];
    private readonly int[] flags = [-1, -1];

    public ClassMatch(ImmutableArray<string> classes, ImmutableArray<string> graphLabels)
    {
        for (var index = 0; index < classes.Length; index++)
        {
            names.TryAdd(classes[index], index);
        }

        for (var index = 0; index < graphLabels.Length; index++)
        {
            labels.TryAdd(graphLabels[index], index);
        }

        // Names come before labels here, too.
        foreach (var list in new[] { classes, graphLabels })
        {
            for (var index = 0; index < list.Length; index++)
            {
                if (double.TryParse(list[index], NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
                {
                    numbers.TryAdd(number, index);
                }

                if (Flag(list[index]) is { } flag && flags[flag] < 0)
                {
                    flags[flag] = index;
                }
            }
        }
    }

    /// <returns>−1 when it is none of the classes.</returns>
    public int Find(string actual)
    {
        if (names.TryGetValue(actual, out var index) || labels.TryGetValue(actual, out index))
        {
            return index;
        }

        if (double.TryParse(actual, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && numbers.TryGetValue(number, out index))
        {
            return index;
        }

        return Flag(actual) is { } flag ? flags[flag] : -1;
    }

    private static int? Flag(string text) =>
        bool.TryParse(text, out var flag) ? (flag ? 1 : 0)
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number is 0 or 1 ? (int)number
        : null;
}
