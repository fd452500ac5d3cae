using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;

namespace MlOps.InferenceLogs;

/// <summary>A cursor as callers hold it: a text that means nothing to them.</summary>
internal static class CursorText
{
    private const byte Version = 1;
    private const int JournalBytes = 16;
    private const int Each = JournalBytes + sizeof(long);

    public static string Of(LogCursor cursor)
    {
        var bytes = new byte[1 + (Each * cursor.Read.Count)];
        bytes[0] = Version;
        var rest = bytes.AsSpan(1);
        foreach (var (journal, sequence) in cursor.Read.OrderBy(read => read.Key))
        {
            journal.TryWriteBytes(rest, bigEndian: true, out _);
            BinaryPrimitives.WriteInt64BigEndian(rest[JournalBytes..], sequence);
            rest = rest[Each..];
        }

        return Base64Url.EncodeToString(bytes);
    }

    public static bool TryParse(string text, [NotNullWhen(true)] out LogCursor? cursor)
    {
        cursor = null;
        if (!Base64Url.IsValid(text))
        {
            return false;
        }

        var bytes = Base64Url.DecodeFromChars(text);
        if (bytes.Length % Each != 1 || bytes[0] != Version)
        {
            return false;
        }

        var read = new Dictionary<Guid, long>();
        for (var at = 1; at < bytes.Length; at += Each)
        {
            var sequence = BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(at + JournalBytes));
            if (sequence < 0 || !read.TryAdd(new Guid(bytes.AsSpan(at, JournalBytes), bigEndian: true), sequence))
            {
                return false;
            }
        }

        cursor = new LogCursor(read);
        return true;
    }
}
