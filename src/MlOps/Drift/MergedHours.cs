using MlOps.InferenceLogs;

namespace MlOps.Drift;

/// <summary>
/// Windows of a deployment by hour, those of all journals added up, as they were when the journals stood at certain positions: true until one of them
/// moves. Immutable.
/// </summary>
public sealed class MergedHours
{
    private readonly IReadOnlyDictionary<Guid, JournalPosition> positions;
    private readonly UtcHour since;
    private readonly UtcHour until;

    private MergedHours(IReadOnlyDictionary<Guid, JournalPosition> positions, UtcHour since, UtcHour until, IReadOnlyList<HourWindow> newestFirst) =>
        (this.positions, this.since, this.until, NewestFirst) = (positions, since, until, newestFirst);

    /// <summary>Holds no hour, and is never current.</summary>
    public static MergedHours None { get; } = new(new Dictionary<Guid, JournalPosition>(), default, default, []);

    /// <summary>Hours with rows, each once.</summary>
    public IReadOnlyList<HourWindow> NewestFirst { get; }

    /// <param name="positions">Read before the windows were: what was committed in between is in them already, and is only read once more.</param>
    /// <param name="since">The first hour that was read.</param>
    /// <param name="until">The hour after the last.</param>
    /// <param name="windows">In any order; one hour may come several times, from several journals.</param>
    public static MergedHours Of(IReadOnlyDictionary<Guid, JournalPosition> positions, UtcHour since, UtcHour until, IEnumerable<JournalWindow> windows)
    {
        var hours = new Dictionary<long, WindowCounts>();
        foreach (var window in windows)
        {
            if (!hours.TryGetValue(window.Hour.Number, out var merged))
            {
                hours[window.Hour.Number] = merged = new WindowCounts(window.Counts.Features);
            }

            merged.Add(window.Counts);
        }

        return new(positions, since, until, [.. hours.OrderByDescending(hour => hour.Key).Select(hour => new HourWindow(new UtcHour(hour.Key), hour.Value))]);
    }

    /// <summary>Whether reading these hours again would give nothing else.</summary>
    public bool IsCurrent(IReadOnlyDictionary<Guid, JournalPosition> now, UtcHour first, UtcHour end) =>
        since.Number <= first.Number && end.Number <= until.Number
        && now.Count == positions.Count
        && now.All(journal => positions.TryGetValue(journal.Key, out var read) && read == journal.Value);
}
