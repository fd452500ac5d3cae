using System.Collections.Immutable;

namespace MlOps.Models.Registration;

/// <summary>The names of a table's columns, in whatever format they came.</summary>
internal static class TableHeader
{
    /// <summary>Empty columns of these names.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.InvalidBaseline"/> when a name comes twice, or there is none.</exception>
    public static ImmutableArray<TableColumn> Columns(string part, ImmutableArray<string> names, TableSpill? spill)
    {
        var faults = names.Where(name => name.Length > 0).GroupBy(name => name, StringComparer.Ordinal).Where(group => group.Count() > 1)
            .Select(group => new Fault($"/{part}", $"The header names '{group.Key}' twice.")).Take(100).ToImmutableArray();
        if (!faults.IsEmpty)
        {
            throw new MlOpsException(ErrorCode.InvalidBaseline, $"The {part} has columns of the same name: {faults[0].Detail}", faults);
        }

        if (names.All(name => name.Length == 0))
        {
            throw Refusal(part, "has no column names: its first row must name the columns.");
        }

        var page = TableSpill.PageBytes(names.Length);
        return [.. names.Select(name => new TableColumn(name, spill, page))];
    }

    public static MlOpsException Refusal(string part, string what) =>
        new(ErrorCode.InvalidBaseline, $"The {part} {what}", [new Fault($"/{part}", $"The {part} {what}")]);
}
