using Microsoft.Win32.SafeHandles;

namespace MlOps.InferenceLogs;

/// <summary>
/// The file that is being written. It grows by whole frames: no bytes are reserved ahead (a hole would cut an answered record off), and nothing is
/// mapped (a full disk would end the process). Used under the journal's lock, but for <see cref="Flush"/>.
/// </summary>
internal sealed class JournalSegment : IDisposable
{
    public const int HeadBytes = 16;
    private const string Suffix = ".journal";

    private static ReadOnlySpan<byte> Magic => "MLOPSJ01"u8;

    private readonly SafeFileHandle file;
    private volatile bool broken;

    private JournalSegment(SafeFileHandle file, long number) => (this.file, Number, Length) = (file, number, HeadBytes);

    public long Number { get; }

    public long Length { get; private set; }

    /// <summary>A write failed and could not be taken back: the next frame goes into another segment.</summary>
    public bool IsBroken => broken;

    public JournalPosition End => new(Number, Length);

    public static string PathOf(string folder, long number) => Path.Combine(folder, $"{number:D12}{Suffix}");

    /// <summary>The segments of a folder in rising order.</summary>
    public static IReadOnlyList<long> In(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*" + Suffix)
            .Select(path => long.TryParse(Path.GetFileNameWithoutExtension(path), out var number) ? number : 0)
            .Where(number => number > 0)
            .Order(),
    ];

    /// <param name="durability">With <see cref="JournalDurability.Disk"/> its name is on the disk before any frame is in it.</param>
    /// <exception cref="IOException">The disk is full, or the folder cannot be written.</exception>
    public static JournalSegment Create(string folder, long number, JournalDurability durability)
    {
        var path = PathOf(folder, number);
        var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            Span<byte> head = stackalloc byte[HeadBytes];
            Magic.CopyTo(head);
            System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(head[Magic.Length..], number);
            RandomAccess.Write(file, head, 0);
            if (durability == JournalDurability.Disk)
            {
                DiskSync.FlushNames(folder);
            }

            return new JournalSegment(file, number);
        }
        catch
        {
            file.Dispose();
            File.Delete(path);
            throw;
        }
    }

    /// <summary>Appends a frame whose payload's checksum is known, in one write.</summary>
    /// <exception cref="IOException">Nothing of the frame is in the segment.</exception>
    public void Append(Span<byte> frame, uint checksum)
    {
        JournalFrame.WriteHead(frame, End, checksum);
        try
        {
            RandomAccess.Write(file, frame, Length);
            Length += frame.Length;
        }
        catch (IOException)
        {
            TakeBack();
            throw;
        }
    }

    /// <summary>No further frame goes into it.</summary>
    public void Break() => broken = true;

    /// <exception cref="IOException">The disk has not taken everything.</exception>
    public void Flush() => DiskSync.Flush(file);

    public void Dispose() => file.Dispose();

    private void TakeBack()
    {
        try
        {
            RandomAccess.SetLength(file, Length);
        }
        catch (IOException)
        {
            Break();
        }
    }
}
