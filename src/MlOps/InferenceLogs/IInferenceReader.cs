using MlOps.Deployments;
using MlOps.Drift;
using MlOps.Metrics;

namespace MlOps.InferenceLogs;

/// <summary>Reads what journals have committed.</summary>
public interface IInferenceReader
{
    /// <summary>Null when the log does not know the deployment: it has answered nothing yet.</summary>
    Task<LoggedDeployment?> Deployment(DeploymentId deployment, CancellationToken cancellation);

    /// <summary>A page of a deployment's rows and how many the filter matches, exactly, from one snapshot of the database.</summary>
    Task<Page<LogItem>> Page(DeploymentId deployment, LogFilter filter, LogOrder order, PageRequest page, CancellationToken cancellation);

    Task<LogItem?> Find(DeploymentId deployment, Guid id, CancellationToken cancellation);

    /// <summary>The next rows of every journal in the order in which that journal committed them.</summary>
    Task<LogTail> Tail(DeploymentId deployment, LogFilter filter, LogCursor after, int limit, CancellationToken cancellation);

    /// <summary>How far every journal is committed: what was read stays as it is until one of these moves.</summary>
    Task<IReadOnlyDictionary<Guid, JournalPosition>> Positions(CancellationToken cancellation);

    /// <summary>Windows of whole hours from <paramref name="since"/> until before <paramref name="until"/>, newest first; one hour may come several times, from several journals.</summary>
    Task<IReadOnlyList<JournalWindow>> Drift(DeploymentId deployment, UtcHour since, UtcHour until, CancellationToken cancellation);

    /// <summary>Minutes with requests; one may come several times, from several journals.</summary>
    Task<IReadOnlyList<KeyValuePair<UtcMinute, MinuteWindow>>> Metrics(DeploymentId deployment, UtcMinute since, UtcMinute until, CancellationToken cancellation);

    /// <summary>What feedback has shown of the rows answered in each minute.</summary>
    Task<IReadOnlyList<KeyValuePair<UtcMinute, AccuracyCounts>>> Accuracy(DeploymentId deployment, UtcMinute since, UtcMinute until, CancellationToken cancellation);

    /// <summary>Answered rows in rising order of ids, for a recount.</summary>
    /// <param name="after">The last id of the part before; null for the first.</param>
    /// <returns>At most <paramref name="limit"/> rows; none when the range has no more.</returns>
    Task<IReadOnlyList<BinnedRow>> Bins(DeploymentId deployment, LogRange range, Guid? after, int limit, CancellationToken cancellation);
}

/// <summary>What one journal counted in one hour.</summary>
public readonly record struct JournalWindow(Guid Journal, UtcHour Hour, WindowCounts Counts);

/// <summary>What drift counts of a row: its stored bins and its prediction.</summary>
public readonly record struct BinnedRow(Guid Id, ReadOnlyMemory<byte> Bins, string? Label, double? Value);

/// <summary>Which rows of a deployment.</summary>
/// <param name="Range">By time; retention is part of it.</param>
/// <param name="Label">Predicted class, by its exact name.</param>
/// <param name="Value">A regression's prediction, as the same double.</param>
public sealed record LogFilter(LogRange Range, int? StatusCode = null, string? Label = null, double? Value = null, string? ExternalId = null);

/// <summary>How far each journal has been read, by the last <see cref="LogRow.Sequence"/> seen of it. Journals that are absent are read from their beginning.</summary>
public sealed record LogCursor(IReadOnlyDictionary<Guid, long> Read)
{
    public static LogCursor Start { get; } = new(new Dictionary<Guid, long>());
}

/// <summary>A part of the log in commit order.</summary>
/// <param name="Next">To go on from; also when there was nothing.</param>
public sealed record LogTail(IReadOnlyList<LogItem> Items, LogCursor Next);
