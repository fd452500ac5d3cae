namespace MlOps.Drift;

/// <summary>What one hour counted, in one journal or in all.</summary>
public readonly record struct HourWindow(UtcHour Hour, WindowCounts Counts);

/// <summary>Whole hours of UTC, counted together.</summary>
/// <param name="Since">The first hour.</param>
/// <param name="Until">The hour after the last: where the window ends.</param>
public sealed record DriftWindow(UtcHour Since, UtcHour Until, WindowCounts Counts);

/// <summary>
/// Which hours a live drift report is about (contract §7): the last 24, the current one included, and as many before them as it takes until every feature has the rows that its baseline asks
/// for, at most 720; or a fixed number. A feature for which no number of rows would do is not waited for.
/// </summary>
public static class LookBack
{
    public const int DefaultHours = 24;
    public const int MostHours = 720;

    /// <param name="current">The hour that is running: the last of the window.</param>
    /// <param name="hours">The caller's choice; null for the rule.</param>
    /// <param name="empty">A window of the model without rows. It is filled and becomes the result's.</param>
    /// <param name="newestFirst">
    /// Hours with rows, in falling order; hours without may be absent, and one hour may come several times, from several journals. It is read only as far as the
    /// window reaches, so it may be lazy.
    /// </param>
    public static DriftWindow Choose(UtcHour current, int? hours, Baseline? baseline, WindowCounts empty, IEnumerable<HourWindow> newestFirst)
    {
        if (hours is { } chosen)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(chosen, 1, nameof(hours));
        }

        var until = current.Plus(1);
        var since = until.Plus(-(hours ?? DefaultHours));
        var farthest = hours is null ? until.Plus(-MostHours) : since;
        var isEnough = hours is not null;
        var before = new UtcHour(long.MaxValue);
        foreach (var (hour, counts) in newestFirst)
        {
            if (hour.Number > before.Number)
            {
                throw new ArgumentException("Hours come newest first.", nameof(newestFirst));
            }

            before = hour;
            if (hour.Number >= until.Number)
            {
                // Rows of a silo whose clock runs ahead: their hour is still to come.
                continue;
            }

            if (hour.Number < since.Number)
            {
                // The hours so far are complete. Without enough rows in them, back to this one.
                isEnough = isEnough || IsEnough(baseline, empty);
                if (isEnough || hour.Number < farthest.Number)
                {
                    break;
                }

                since = hour;
            }

            empty.Add(counts);
        }

        return new DriftWindow(isEnough || IsEnough(baseline, empty) ? since : farthest, until, empty);
    }

    private static bool IsEnough(Baseline? baseline, WindowCounts window)
    {
        for (var feature = 0; feature < window.Features; feature++)
        {
            if (baseline?.Features[feature] is { } bins && !PopulationStabilityIndex.HasMinRows(bins.Counts.AsSpan(), window.Feature(feature)))
            {
                return false;
            }
        }

        return true;
    }
}
