using System.Text;

namespace MlOps.Models.Registration;

/// <summary>One column of a table as its cells' UTF-8 bytes, one after the other: typed only when someone knows what it is.</summary>
internal sealed class TableColumn(string name)
{
    private byte[] bytes = new byte[256];
    private int[] ends = new int[64];
    private CellCounts? counts;

    public string Name { get; } = name;

    public int Rows { get; private set; }

    /// <summary>How many cells are what.</summary>
    public CellCounts Counts => counts ??= CellCounts.Of(this);

    public ReadOnlySpan<byte> this[int row] => bytes.AsSpan(row == 0 ? 0 : ends[row - 1], ends[row] - (row == 0 ? 0 : ends[row - 1]));

    public string Text(int row) => Encoding.UTF8.GetString(this[row]);

    public void Add(ReadOnlySpan<byte> cell)
    {
        var start = Rows == 0 ? 0 : ends[Rows - 1];
        var end = checked(start + cell.Length);
        if (end > bytes.Length)
        {
            Array.Resize(ref bytes, Math.Max(end, (int)Math.Min(2L * bytes.Length, Array.MaxLength)));
        }

        if (Rows == ends.Length)
        {
            Array.Resize(ref ends, 2 * ends.Length);
        }

        cell.CopyTo(bytes.AsSpan(start));
        ends[Rows++] = end;
    }

    public void Clear()
    {
        Rows = 0;
        counts = null;
    }

    /// <summary>Different texts in the cells that are not empty, at most <paramref name="most"/>; null when there are more.</summary>
    public List<string>? Levels(int most)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var lookup = seen.GetAlternateLookup<ReadOnlySpan<char>>();
        var buffer = new char[256];
        for (var row = 0; row < Rows; row++)
        {
            var cell = this[row];
            if (cell.IsEmpty)
            {
                continue;
            }

            if (cell.Length > buffer.Length)
            {
                buffer = new char[cell.Length];
            }

            var length = Encoding.UTF8.GetChars(cell, buffer);
            if (lookup.Add(buffer.AsSpan(0, length)) && seen.Count > most)
            {
                return null;
            }
        }

        return [.. seen];
    }
}
