using System.Globalization;
using System.Text.Json;
using MlOps.InferenceLogs;

namespace MlOps.Drift;

/// <summary>What a drift job counts: rows from <paramref name="Since"/> on, until before <paramref name="Until"/>. It is stored with the job.</summary>
public sealed record DriftRun(DateTimeOffset Since, DateTimeOffset Until)
{
    /// <summary>The rows of it.</summary>
    public LogRange Range => new(Milliseconds(Since), Milliseconds(Until));

    /// <summary>The part of it that is not before the horizon of retention: what is gone, or about to go, is neither counted nor claimed to have been.</summary>
    public DriftRun From(DateTimeOffset horizon) => horizon <= Since ? this : this with { Since = horizon < Until ? horizon : Until };

    public string ToJson() => JsonSerializer.Serialize(new Dictionary<string, string> { ["since"] = Text(Since), ["until"] = Text(Until) });

    /// <exception cref="InvalidDataException">This is no job's request.</exception>
    public static DriftRun Read(string? json)
    {
        try
        {
            using var document = JsonDocument.Parse(json ?? "");
            return new(document.RootElement.GetProperty("since").GetDateTimeOffset(), document.RootElement.GetProperty("until").GetDateTimeOffset());
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException("The request of a drift job cannot be read.", fault);
        }
    }

    private static string Text(DateTimeOffset time) => time.ToString("O", CultureInfo.InvariantCulture);

    // The first whole one that is not before the time: a row's time has no finer part.
    private static long Milliseconds(DateTimeOffset time) =>
        Math.Max(0, ((time - DateTimeOffset.UnixEpoch).Ticks + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond);
}
