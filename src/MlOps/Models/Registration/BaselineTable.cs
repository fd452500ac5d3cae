using System.Collections.Immutable;

namespace MlOps.Models.Registration;

/// <summary>The rows of a baseline or reference: at most a million, by columns.</summary>
/// <param name="Total">Rows of the file.</param>
internal sealed record BaselineTable(string Part, ImmutableArray<TableColumn> Columns, long Total)
{
    public const int MostRows = 1_000_000;

    private readonly Dictionary<string, TableColumn> byName = Columns.Where(column => column.Name.Length > 0).ToDictionary(column => column.Name, StringComparer.Ordinal);

    /// <summary>Rows that were kept.</summary>
    public int Rows => Columns[0].Rows;

    public TableColumn? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>The names of the columns but one; unnamed ones, such as pandas' index, never name a feature.</summary>
    public ImmutableArray<string> NamesWithout(string? target) =>
        [.. Columns.Select(column => column.Name).Where(name => name.Length > 0 && name != target)];
}
