using System.Globalization;
using System.Numerics;
using ParquetSharp;
using Encoding = System.Text.Encoding;

namespace MlOps.Models;

/// <summary>Values as the invariant text of their cell (<see cref="Registration.IParquetFile"/>). Each answers the number of bytes.</summary>
internal static class CellText
{
    private const int UnixDay = 719_162;
    private const int JulianUnixDay = 2_440_588;
    private const int MostDigits = 400;

    public static int Of(int value, ParquetColumn column, Span<byte> buffer) => column.Logical switch
    {
        LogicalTypeEnum.Date => Written(DateOnly.FromDayNumber(checked(UnixDay + value)).TryFormat(buffer, out var bytes, "yyyy-MM-dd", CultureInfo.InvariantCulture), bytes),
        LogicalTypeEnum.Time => Time(value * 1_000_000L, buffer),
        LogicalTypeEnum.Decimal => Decimal(value, column.Scale, buffer),
        _ when column.IsUnsigned => Number((uint)value, buffer),
        _ => Number(value, buffer),
    };

    public static int Of(long value, ParquetColumn column, Span<byte> buffer) => column.Logical switch
    {
        LogicalTypeEnum.Timestamp => Timestamp(value, column.Unit, column.IsUtc, buffer),
        LogicalTypeEnum.Time => Time(column.Unit == TimeUnit.Micros ? checked(value * 1000) : value, buffer),
        LogicalTypeEnum.Decimal => Decimal(value, column.Scale, buffer),
        _ when column.IsUnsigned => Number((ulong)value, buffer),
        _ => Number(value, buffer),
    };

    /// <summary>A timestamp as old writers have it: nanoseconds of a Julian day.</summary>
    public static int Of(Int96 value, Span<byte> buffer)
    {
        var nanoseconds = (long)(((ulong)(uint)value.B << 32) | (uint)value.A);
        var midnight = DateTime.UnixEpoch.AddDays(value.C - JulianUnixDay);
        return Timestamp(midnight.AddTicks(nanoseconds / TimeSpan.NanosecondsPerTick), (int)(nanoseconds % TimeSpan.NanosecondsPerTick), false, buffer);
    }

    public static int Of(float value, Span<byte> buffer) => Number(value, buffer);

    public static int Of(double value, Span<byte> buffer) => Number(value, buffer);

    public static int OfHalf(ReadOnlySpan<byte> littleEndian, Span<byte> buffer) => Number(BitConverter.ToHalf(littleEndian), buffer);

    public static int OfUuid(ReadOnlySpan<byte> bigEndian, Span<byte> buffer) => Written(new Guid(bigEndian, bigEndian: true).TryFormat(buffer, out var bytes, "D"), bytes);

    /// <summary>A decimal of any length: a two's complement, the highest byte first.</summary>
    public static int Of(ReadOnlySpan<byte> bigEndian, int scale, Span<byte> buffer) => Decimal(new BigInteger(bigEndian, isUnsigned: false, isBigEndian: true), scale, buffer);

    private static int Decimal(BigInteger unscaled, int scale, Span<byte> buffer)
    {
        var digits = BigInteger.Abs(unscaled).ToString(CultureInfo.InvariantCulture);
        if (scale < 0 || digits.Length > MostDigits || scale > MostDigits)
        {
            throw new FormatException("A decimal of too many digits.");
        }

        if (scale > 0)
        {
            digits = digits.PadLeft(scale + 1, '0');
            digits = $"{digits[..^scale]}.{digits[^scale..]}";
        }

        return Encoding.ASCII.GetBytes(unscaled.Sign < 0 ? $"-{digits}" : digits, buffer);
    }

    private static int Timestamp(long value, TimeUnit unit, bool isUtc, Span<byte> buffer) => unit switch
    {
        TimeUnit.Millis => Timestamp(DateTime.UnixEpoch.AddTicks(checked(value * TimeSpan.TicksPerMillisecond)), 0, isUtc, buffer),
        TimeUnit.Micros => Timestamp(DateTime.UnixEpoch.AddTicks(checked(value * TimeSpan.TicksPerMicrosecond)), 0, isUtc, buffer),
        _ => Timestamp(
            DateTime.UnixEpoch.AddTicks(Math.DivRem(value, TimeSpan.NanosecondsPerTick, out var rest) - (rest < 0 ? 1 : 0)),
            (int)(rest < 0 ? rest + TimeSpan.NanosecondsPerTick : rest),
            isUtc,
            buffer),
    };

    private static int Timestamp(DateTime time, int nanoseconds, bool isUtc, Span<byte> buffer)
    {
        time.TryFormat(buffer, out var length, "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
        length += Fraction((time.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick) + nanoseconds, buffer[length..]);
        if (isUtc)
        {
            buffer[length++] = (byte)'Z';
        }

        return length;
    }

    private static int Time(long nanoseconds, Span<byte> buffer)
    {
        const long Second = 1_000_000_000;
        TimeOnly.FromTimeSpan(TimeSpan.FromSeconds(nanoseconds / Second)).TryFormat(buffer, out var length, "HH:mm:ss", CultureInfo.InvariantCulture);
        return length + Fraction(nanoseconds % Second, buffer[length..]);
    }

    // As many digits as it takes, none for whole seconds.
    private static int Fraction(long nanoseconds, Span<byte> buffer)
    {
        if (nanoseconds == 0)
        {
            return 0;
        }

        var digits = nanoseconds.ToString("D9", CultureInfo.InvariantCulture).TrimEnd('0');
        buffer[0] = (byte)'.';
        return 1 + Encoding.ASCII.GetBytes(digits, buffer[1..]);
    }

    private static int Number<T>(T value, Span<byte> buffer)
        where T : IUtf8SpanFormattable => Written(value.TryFormat(buffer, out var bytes, default, CultureInfo.InvariantCulture), bytes);

    private static int Written(bool fits, int bytes) => fits ? bytes : throw new FormatException("A value is longer than any of its type.");
}
