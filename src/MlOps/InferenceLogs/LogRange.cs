using System.Buffers.Binary;

namespace MlOps.InferenceLogs;

/// <summary>
/// Log rows by time: those whose id's milliseconds are from <paramref name="From"/> until before <paramref name="To"/>. A row's time is its id's, which holds
/// no finer part, so bounds of any precision are turned into whole milliseconds without losing or adding a row.
/// </summary>
/// <param name="From">Milliseconds since 1970.</param>
/// <param name="To">Milliseconds since 1970.</param>
public readonly record struct LogRange(long From, long To)
{
    private const long TicksPerMillisecond = TimeSpan.TicksPerMillisecond;

    // An id has 48 bits for them.
    private const long End48 = 1L << 48;

    /// <summary>Every row.</summary>
    public static LogRange All => new(0, End48);

    public bool IsEmpty => From >= To;

    /// <summary>The smallest id of the range: rows of it have this id or a larger one, in big-endian order.</summary>
    public Guid First => Smallest(From);

    /// <summary>The smallest id after the range; null when no id is after it.</summary>
    public Guid? End => To >= End48 ? null : Smallest(To);

    /// <summary>The time of a row: its id's milliseconds since 1970.</summary>
    public static long Milliseconds(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadInt64BigEndian(bytes) >>> 16;
    }

    /// <summary>Rows strictly after <paramref name="since"/> and strictly before <paramref name="until"/>.</summary>
    /// <param name="horizon">Retention: what is before it is no longer shown, though it may still be there. Null without one.</param>
    public static LogRange Of(DateTimeOffset? since, DateTimeOffset? until, DateTimeOffset? horizon)
    {
        // ms > since: from the next whole one on. ms < until: up to the last one below.
        var from = since is { } after ? Above(Ticks(after) + 1) : 0;
        var to = until is { } before ? Above(Ticks(before)) : End48;
        var kept = horizon is { } oldest ? Above(Ticks(oldest)) : 0;
        return new LogRange(Math.Clamp(Math.Max(from, kept), 0, End48), Math.Clamp(to, 0, End48));
    }

    /// <summary>The part that lies in another range, too.</summary>
    public LogRange And(LogRange other) => new(Math.Max(From, other.From), Math.Min(To, other.To));

    private static long Ticks(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks;

    // The first whole millisecond that is not before a time.
    private static long Above(long ticks) => ticks <= 0 ? 0 : ((ticks - 1) / TicksPerMillisecond) + 1;

    private static Guid Smallest(long milliseconds)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        BinaryPrimitives.WriteInt64BigEndian(bytes, milliseconds << 16);
        return new Guid(bytes, bigEndian: true);
    }
}
