using System.Runtime.InteropServices;

namespace MlOps.Models.Registration;

/// <summary>
/// A file of its own that holds the cells of a table's columns in pages, while the rows are more than memory may hold. Gone when it is disposed of.
/// </summary>
internal sealed class TableSpill : IDisposable
{
    private const long WindowBytes = 64L << 20;
    private const int SmallestPage = 16 << 10;
    private const int LargestPage = 1 << 20;

    private readonly FileStream file;
    private long end;

    /// <param name="folder">Where the file is made.</param>
    public TableSpill(string folder) => file = new FileStream(
        Path.Combine(folder, Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);

    /// <summary>Bytes of a page in a table of so many columns: one page of each is in memory at a time, 64 MiB in all.</summary>
    public static int PageBytes(int columns) => (int)Math.Clamp(WindowBytes / Math.Max(1, columns), SmallestPage, LargestPage);

    /// <summary>Puts the cells of consecutive rows away.</summary>
    public SpilledPage Write(int firstRow, ReadOnlySpan<byte> bytes, ReadOnlySpan<int> ends)
    {
        var page = new SpilledPage(firstRow, ends.Length, bytes.Length, end);
        RandomAccess.Write(file.SafeFileHandle, bytes, end);
        RandomAccess.Write(file.SafeFileHandle, MemoryMarshal.AsBytes(ends), end + bytes.Length);
        end += bytes.Length + ((long)ends.Length * sizeof(int));
        return page;
    }

    /// <summary>Brings a page back; the spans have its lengths.</summary>
    public void Read(SpilledPage page, Span<byte> bytes, Span<int> ends)
    {
        Fill(bytes, page.Offset);
        Fill(MemoryMarshal.AsBytes(ends), page.Offset + page.Bytes);
    }

    public void Dispose() => file.Dispose();

    private void Fill(Span<byte> target, long offset)
    {
        while (!target.IsEmpty)
        {
            var read = RandomAccess.Read(file.SafeFileHandle, target, offset);
            if (read == 0)
            {
                throw new EndOfStreamException("The file of spilled columns is shorter than what was written to it.");
            }

            target = target[read..];
            offset += read;
        }
    }
}

/// <summary>Where consecutive cells of one column lie.</summary>
/// <param name="FirstRow">The row of the first one.</param>
internal readonly record struct SpilledPage(int FirstRow, int Rows, int Bytes, long Offset);
