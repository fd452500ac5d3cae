using System.Text;

namespace MlOps.Models.Registration;

/// <summary>
/// One column of a table as its cells' UTF-8 bytes, one after the other: typed only when someone knows what it is. With a spill only one page of
/// it is in memory: the one that grows, later the one that was read last.
/// </summary>
/// <param name="spill">Where full pages go; null keeps everything in memory.</param>
/// <param name="pageBytes">Bytes of a page.</param>
internal sealed class TableColumn(string name, TableSpill? spill = null, int pageBytes = int.MaxValue)
{
    private readonly List<SpilledPage> pages = [];
    private byte[] bytes = new byte[256];
    private int[] ends = new int[64];
    private CellCounts? counts;
    private int first;
    private int held;

    public string Name { get; } = name;

    public int Rows { get; private set; }

    /// <summary>How many cells are what.</summary>
    public CellCounts Counts => counts ??= CellCounts.Of(this);

    /// <summary>A cell; the span is good until another one is asked for.</summary>
    public ReadOnlySpan<byte> this[int row]
    {
        get
        {
            if ((uint)(row - first) >= (uint)held)
            {
                Load(row);
            }

            var at = row - first;
            var start = at == 0 ? 0 : ends[at - 1];
            return bytes.AsSpan(start, ends[at] - start);
        }
    }

    public string Text(int row) => Encoding.UTF8.GetString(this[row]);

    public void Add(ReadOnlySpan<byte> cell)
    {
        var start = held == 0 ? 0 : ends[held - 1];
        if (spill is not null && held > 0 && start + (long)cell.Length + (held * sizeof(int)) > pageBytes)
        {
            Spill();
            start = 0;
        }

        var end = checked(start + cell.Length);
        if (end > bytes.Length)
        {
            Array.Resize(ref bytes, Math.Max(end, (int)Math.Min(2L * bytes.Length, Array.MaxLength)));
        }

        if (held == ends.Length)
        {
            Array.Resize(ref ends, 2 * ends.Length);
        }

        cell.CopyTo(bytes.AsSpan(start));
        ends[held++] = end;
        Rows++;
    }

    /// <summary>No more cells come: from now on they may be read.</summary>
    public void Complete()
    {
        if (pages.Count > 0 && held > 0)
        {
            Spill();
        }
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

    private void Spill()
    {
        pages.Add(spill!.Write(first, bytes.AsSpan(0, ends[held - 1]), ends.AsSpan(0, held)));
        first += held;
        held = 0;
    }

    private void Load(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        var found = pages.BinarySearch(new SpilledPage(row, 0, 0, 0), ByFirstRow);
        var page = pages[found >= 0 ? found : ~found - 1];
        if (page.Bytes > bytes.Length)
        {
            bytes = new byte[page.Bytes];
        }

        if (page.Rows > ends.Length)
        {
            ends = new int[page.Rows];
        }

        spill!.Read(page, bytes.AsSpan(0, page.Bytes), ends.AsSpan(0, page.Rows));
        (first, held) = (page.FirstRow, page.Rows);
    }

    private static Comparer<SpilledPage> ByFirstRow { get; } = Comparer<SpilledPage>.Create((a, b) => a.FirstRow.CompareTo(b.FirstRow));
}
