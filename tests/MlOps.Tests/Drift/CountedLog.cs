using MlOps.Deployments;
using MlOps.Drift;
using MlOps.InferenceLogs;
using MlOps.Metrics;
using MlOps.Projects;

namespace MlOps.Tests.Drift;

/// <summary>A log that holds the windows of one deployment and its first answers, and counts how often it is asked for them.</summary>
internal sealed class CountedLog : IInferenceReader, IInferenceStore
{
    private readonly Dictionary<Guid, JournalPosition> positions = [];

    public List<JournalWindow> Windows { get; } = [];

    public PredictionBins? Frozen { get; set; }

    public int WindowReads { get; private set; }

    public int FirstAnswersReads { get; private set; }

    public void Commit(Guid journal, UtcHour hour, WindowCounts counts)
    {
        Windows.Add(new(journal, hour, counts));
        positions[journal] = new(1, positions.GetValueOrDefault(journal).Offset + 16);
    }

    public Task<IReadOnlyDictionary<Guid, JournalPosition>> Positions(CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyDictionary<Guid, JournalPosition>>(new Dictionary<Guid, JournalPosition>(positions));

    public Task<IReadOnlyList<JournalWindow>> Drift(DeploymentId deployment, UtcHour since, UtcHour until, CancellationToken cancellation)
    {
        WindowReads++;
        return Task.FromResult<IReadOnlyList<JournalWindow>>([.. Windows.Where(one => one.Hour.Number >= since.Number && one.Hour.Number < until.Number)]);
    }

    public Task<PredictionBins?> FirstAnswers(DeploymentId deployment, CancellationToken cancellation)
    {
        FirstAnswersReads++;
        return Task.FromResult(Frozen);
    }

    public Task<LoggedDeployment?> Deployment(DeploymentId deployment, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<Page<LogItem>> Page(DeploymentId deployment, LogFilter filter, LogOrder order, PageRequest page, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<LogItem?> Find(DeploymentId deployment, Guid id, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<LogTail> Tail(DeploymentId deployment, LogFilter filter, LogCursor after, int limit, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<IReadOnlyList<KeyValuePair<UtcMinute, MinuteWindow>>> Metrics(DeploymentId deployment, UtcMinute since, UtcMinute until, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public Task<IReadOnlyList<KeyValuePair<UtcMinute, AccuracyCounts>>> Accuracy(DeploymentId deployment, UtcMinute since, UtcMinute until, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public Task<IReadOnlyList<BinnedRow>> Bins(DeploymentId deployment, LogRange range, Guid? after, int limit, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<JournalPosition?> Position(Guid journal, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<bool> Commit(InferenceCommit commit, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<string?> Refusal(IReadOnlyList<LogRow> rows, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<IReadOnlyList<LoggedDeployment>> Deployments(ProjectId? project, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<bool> Forget(DeploymentId deployment, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<bool> Retain(DateTimeOffset rows, DateTimeOffset windows, CancellationToken cancellation) => throw new NotSupportedException();
}
