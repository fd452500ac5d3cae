using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace MlOps.InferenceLogs;

/// <summary>This silo's journal from start to stop: opened before anything is answered, committed in the background, and once more at the end.</summary>
internal sealed partial class InferenceStream(
    IInferenceStore store, Committer committer, StreamCounts told, DataFolder data, IOptions<InferenceLogOptions> options, TimeProvider time, ILoggerFactory loggers)
    : IHostedService, IInferenceJournal, IJournalState, IDisposable
{
    private static readonly TimeSpan LastCommits = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly ILogger log = loggers.CreateLogger<InferenceStream>();
    private readonly CancellationTokenSource stopping = new();
    private Task loop = Task.CompletedTask;
    private Journal? journal;
    private bool failing;
    private bool disposed;
    private long caughtUp;

    public long WaitingBytes => journal?.WaitingBytes ?? 0;

    // Everything that came before the last pass began is committed.
    public TimeSpan OldestWaiting => WaitingBytes == 0 ? TimeSpan.Zero : time.GetElapsedTime(Volatile.Read(ref caughtUp));

    public long CommittedRows => told.Rows;

    public long Commits => told.Commits;

    public TimeSpan LastCommit => told.LastCommit;

    public long Rejects => told.Rejects;

    public long OfDeleted => told.OfDeleted;

    public long Damaged => told.Damaged;

    public long Lost => told.Lost;

    public ValueTask<bool> Append(Memory<byte> frame) =>
        journal is { } open ? open.Append(frame) : throw new MlOpsException(ErrorCode.NotServing, "The server is starting or stopping. Send it again.");

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var id = Journal.IdOf(data.Journal, time);
        var committed = await store.Position(id, cancellationToken);
        journal = Journal.Open(data.Journal, committed, JournalLimits.Of(options.Value), time, loggers.CreateLogger<Journal>());
        committer.Begin(journal, committed);
        caughtUp = time.GetTimestamp();
        loop = Task.Run(Run, CancellationToken.None);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await stopping.CancelAsync();
        await loop;
        if (journal is null)
        {
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(LastCommits);
        try
        {
            while (await committer.Step(limit.Token))
            {
            }
        }
#pragma warning disable CA1031 // Whatever keeps the database from having it: the journal has it, and the next start commits it.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogLeft(failure, WaitingBytes);
        }
    }

    // Called once for each service that it is, and without a stop when another service could not start.
    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, true))
        {
            return;
        }

        stopping.Cancel();
        stopping.Dispose();
        Interlocked.Exchange(ref journal, null)?.Dispose();
    }

    private async Task Run()
    {
        var stop = stopping.Token;
        var pause = Look;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await Something(pause, stop);
                var began = time.GetTimestamp();
                while (!stop.IsCancellationRequested && await committer.Step(stop))
                {
                }

                Volatile.Write(ref caughtUp, began);
                pause = Look;
                Recovered();
            }
            catch (Exception) when (stop.IsCancellationRequested)
            {
                // What is left is committed by the stop itself, or by the next start.
                return;
            }
#pragma warning disable CA1031 // Nothing may end the stream: what fails is told once, and tried again.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                Failed(failure);
                pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks));
                await Pause(pause, stop);
            }
        }
    }

    // A second has passed, or a batch is full.
    private async Task Something(TimeSpan look, CancellationToken stop)
    {
        var began = time.GetTimestamp();
        do
        {
            await Pause(look, stop);
        }
        while (!stop.IsCancellationRequested
            && WaitingBytes < options.Value.CommitBytes && time.GetElapsedTime(began) < TimeSpan.FromSeconds(options.Value.CommitSeconds));
    }

    private async Task Pause(TimeSpan pause, CancellationToken stop)
    {
        try
        {
            await Task.Delay(pause, time, stop);
        }
        catch (OperationCanceledException)
        {
            // The loop sees it.
        }
    }

    private void Failed(Exception failure)
    {
        if (!failing)
        {
            failing = true;
            LogFailed(failure, WaitingBytes);
        }
    }

    private void Recovered()
    {
        if (failing)
        {
            failing = false;
            LogRecovered();
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The journal of answers cannot be committed; {Bytes} bytes wait, and predictions go on")]
    private partial void LogFailed(Exception cause, long bytes);

    [LoggerMessage(Level = LogLevel.Information, Message = "The journal of answers is committed again")]
    private partial void LogRecovered();

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Bytes} bytes of the journal of answers wait for the next start")]
    private partial void LogLeft(Exception cause, long bytes);
}
