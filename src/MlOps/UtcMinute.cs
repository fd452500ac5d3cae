namespace MlOps;

/// <summary>A whole minute of UTC, from its first instant until before the next minute's.</summary>
/// <param name="Number">Minutes since 1970: how stores keep it.</param>
public readonly record struct UtcMinute(long Number)
{
    private const long SecondsPerMinute = 60;

    public DateTimeOffset Start => DateTimeOffset.FromUnixTimeSeconds(Number * SecondsPerMinute);

    public UtcHour Hour => UtcHour.Of(Start);

    public static UtcMinute Of(DateTimeOffset time) => new(Math.DivRem(time.ToUnixTimeSeconds(), SecondsPerMinute).Quotient);

    /// <summary>The minute so many minutes later, or earlier.</summary>
    public UtcMinute Plus(long minutes) => new(Number + minutes);

    public override string ToString() => Start.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture);
}
