namespace MlOps;

/// <summary>A whole hour of UTC, from its first instant until before the next hour's.</summary>
/// <param name="Number">Hours since 1970: how stores keep it.</param>
public readonly record struct UtcHour(long Number)
{
    private const long SecondsPerHour = 3_600;

    public DateTimeOffset Start => DateTimeOffset.FromUnixTimeSeconds(Number * SecondsPerHour);

    public static UtcHour Of(DateTimeOffset time) => new(Math.DivRem(time.ToUnixTimeSeconds(), SecondsPerHour).Quotient);

    /// <summary>The hour so many hours later, or earlier.</summary>
    public UtcHour Plus(long hours) => new(Number + hours);

    public override string ToString() => Start.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture);
}
