using System.Runtime.InteropServices;
using Microsoft.Extensions.Time.Testing;
using MlOps.InferenceLogs;
using MlOps.Metrics;
using MlOps.Predictions;

namespace MlOps.Tests.InferenceLogs;

/// <summary>The inference log over one database, filled by commits of a journal as the committer makes them.</summary>
internal sealed class LogUnderTest(ILogDatabase database, IDisposable owned) : IDisposable
{
    public FakeTimeProvider Time { get; } = new(DateTimeOffset.FromUnixTimeSeconds(1_790_000_000));

    public ILogDatabase Database => database;

    public IInferenceStore Store => field ??= new InferenceStore(database, Time);

    public IInferenceReader Reader { get; } = new InferenceReader(database);

    public IFeedbackStore Feedback { get; } = new FeedbackStore(database);

    public void Dispose() => owned.Dispose();
}

/// <summary>A journal whose records are made by a test, and committed in batches.</summary>
internal sealed class JournalOfTests(LogUnderTest log, DeploymentCounter counter)
{
    private readonly List<(InferenceFrame Frame, JournalPosition Start)> waiting = [];
    private readonly InferenceIds ids = new(log.Time);
    private long offset = 16;

    public Guid Id { get; } = Guid.CreateVersion7();

    public JournalPosition Committed { get; private set; }

    /// <summary>An answered request whose rows are predicted as told.</summary>
    public AnsweredFrame Answered(int[] classes, string[]? external = null, byte[][]? inputs = null)
    {
        var names = counter.Signature!.Output.Classes.ToArray();
        var frame = new AnsweredFrame(
            counter.Deployment.Project,
            counter.Deployment.Id,
            counter.Deployment.Model,
            RouteReason.Canary,
            1_234,
            classes.Length,
            ids.Take(classes.Length),
            names,
            classes,
            [],
            [.. classes.SelectMany(one => names.Select((_, index) => index == one ? 0.75 : 0.25 / (names.Length - 1)))],
            1,
            MemoryMarshal.AsBytes<ushort>([.. classes.Select(one => (ushort)(one % 3))]).ToArray(),
            external ?? [],
            [.. (inputs ?? []).Select(json => new LoggedInput(json, false))],
            false);
        Add(frame);
        return frame;
    }

    public RefusedFrame Refused(int status)
    {
        var frame = new RefusedFrame(
            counter.Deployment.Project, counter.Deployment.Id, counter.Deployment.Model, RouteReason.Direct, 7, ids.Take(1), status, "invalid_inputs", "Größe \0 fehlt.", 3);
        Add(frame);
        return frame;
    }

    public void Add(InferenceFrame frame)
    {
        waiting.Add((frame, new JournalPosition(1, offset)));
        offset += 10_000;
    }

    /// <summary>What waits, as one commit.</summary>
    public InferenceCommit Commit(IReadOnlyList<RejectedRow>? rejects = null)
    {
        var builder = new CommitBuilder((rejects ?? []).Select(row => row.Sequence).ToHashSet());
        foreach (var (frame, start) in waiting)
        {
            builder.Add(frame, start, counter);
        }

        return builder.Build(Id, Committed, new JournalPosition(1, offset), rejects ?? []);
    }

    /// <summary>Commits what waits, which must go well.</summary>
    public async Task<InferenceCommit> Store()
    {
        var commit = Commit();
        Assert.True(await log.Store.Commit(commit, TestContext.Current.CancellationToken));
        Passed();
        return commit;
    }

    /// <summary>What waited is in the log.</summary>
    public void Passed()
    {
        Committed = new JournalPosition(1, offset);
        waiting.Clear();
    }
}
