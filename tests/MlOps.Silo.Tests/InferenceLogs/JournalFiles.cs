using System.Buffers.Binary;

namespace MlOps.Tests.InferenceLogs;

/// <summary>The journal's files of a data folder, for what befalls them.</summary>
internal static class JournalFiles
{
    private const int SegmentHead = 16;
    private const int FrameHead = 20;

    public static string Folder(string folder) => Path.Combine(folder, "data", "journal");

    /// <summary>Paths of the segments, the oldest first.</summary>
    public static string[] Segments(string folder) => [.. Directory.EnumerateFiles(Folder(folder), "*.journal").Order(StringComparer.Ordinal)];

    /// <summary>The one segment that holds frames, and where each of them begins and ends.</summary>
    public static (string Path, IReadOnlyList<(int Start, int End)> Frames) Written(string folder)
    {
        var path = Segments(folder).Single(path => new FileInfo(path).Length > SegmentHead);
        var bytes = File.ReadAllBytes(path);
        var frames = new List<(int, int)>();
        for (var at = SegmentHead; at < bytes.Length;)
        {
            var end = at + FrameHead + BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at + 4));
            frames.Add((at, end));
            at = end;
        }

        return (path, frames);
    }

    public static void Flip(string path, int at)
    {
        using var file = File.Open(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = at;
        var was = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(was ^ 0x10));
    }

    public static void CutOff(string path, int length)
    {
        using var file = File.Open(path, FileMode.Open, FileAccess.Write);
        file.SetLength(length);
    }
}
