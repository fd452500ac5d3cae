using System.Collections.Immutable;

namespace MlOps.Models.Registration;

/// <summary>The different values of a column, sorted as trainers sort them: numbers by value, else ordinal.</summary>
internal static class Levels
{
    /// <summary>More values than this are no domain.</summary>
    public const int Most = 10_000;

    /// <summary>Sorted texts, as they are in the cells; null when there are too many.</summary>
    public static ImmutableArray<string>? Texts(TableColumn column) => column.Levels(Most) is { } levels ? Sort(levels) : null;

    /// <summary>Sorted values: numbers where all are, one for each number however it is written, else texts; null when there are too many.</summary>
    public static ImmutableArray<Scalar>? Values(TableColumn column)
    {
        if (column.Levels(Most) is not { } levels)
        {
            return null;
        }

        var sorted = Sort(levels);
        var numbers = sorted.Where(text => !IsNaN(text)).Select(Cell.Number).ToList();
        return numbers.TrueForAll(number => number is not null)
            ? [.. numbers.Select(number => number!.Value).DistinctBy(number => number.AsNumber)]
            : [.. sorted.Select(Scalar.Of)];
    }

    public static ImmutableArray<string> Sort(IEnumerable<string> texts)
    {
        var numbered = texts.Select(text => (Text: text, Number: IsNaN(text) ? double.NaN : Cell.Number(text)?.AsNumber)).ToList();
        return numbered.TrueForAll(one => one.Number is not null)
            ? [.. numbered.OrderBy(one => one.Number).ThenBy(one => one.Text, StringComparer.Ordinal).Select(one => one.Text)]
            : [.. numbered.Select(one => one.Text).Order(StringComparer.Ordinal)];
    }

    /// <summary>Whether every level is a number, so that the column is a numeric one.</summary>
    public static bool AreNumbers(ImmutableArray<Scalar> levels) => levels.All(level => Cell.Number(level.ToString()) is not null);

    /// <summary>A missing value in a column of numbers.</summary>
    public static bool IsNaN(string text) => text.Trim().Equals("nan", StringComparison.OrdinalIgnoreCase);
}
