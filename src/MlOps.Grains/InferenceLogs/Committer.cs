using System.Data.Common;
using Microsoft.Extensions.Logging;
using MlOps.Deployments;
using MlOps.Metrics;
using MlOps.Models;

namespace MlOps.InferenceLogs;

/// <summary>Brings a journal's records into the database, one batch after the other, each in one transaction with the journal's position.</summary>
internal sealed partial class Committer(IInferenceStore store, CounterCache counters, FeedbackJoin feedback, StreamCounts told, TimeProvider time, ILogger<Committer> log)
{
    private Journal? journal;
    private JournalPosition stored;
    private JournalPosition next;

    /// <summary>Begins with a journal where the database has it.</summary>
    /// <param name="committed">What <see cref="IInferenceStore.Position"/> said before it was opened.</param>
    public void Begin(Journal opened, JournalPosition? committed)
    {
        (journal, stored, next) = (opened, committed ?? JournalPosition.Start, opened.Opening.From);
        if (opened.Opening.Finding == JournalFinding.DatabaseAhead)
        {
            LogAhead(opened.Id, stored);
        }
        else if (opened.Opening.Finding == JournalFinding.DatabaseBehind)
        {
            LogBehind(opened.Id, stored, next);
        }

        told.Found(opened.Opening.Finding);
    }

    /// <summary>Commits the next batch. False when the database has everything that the journal had.</summary>
    /// <exception cref="Exception">The database is away or busy, or the journal cannot be read: nothing is lost, and the next call tries again.</exception>
    public async Task<bool> Step(CancellationToken cancellation)
    {
        using var batch = journal!.Read(next);
        if (batch.Next == next)
        {
            return false;
        }

        if (batch.Frames.Count == 0 && batch.Skipped.Count == 0)
        {
            next = batch.Next;
            return true;
        }

        var records = await Records(batch, cancellation);
        var began = time.GetTimestamp();
        var built = Build(records, new HashSet<long>());
        var awaiting = Awaiting(records);
        bool isCommitted;
        IReadOnlyList<RejectedRow> rejects = [];
        try
        {
            isCommitted = await store.Commit(built.Build(journal.Id, stored, batch.Next, []) with { Awaiting = awaiting }, cancellation);
        }
        catch (RowsRefusedException refused)
        {
            rejects = await RefusedRows(built.Rows, refused, cancellation);
            built = Build(records, rejects.Select(row => row.Sequence).ToHashSet());
            isCommitted = await store.Commit(built.Build(journal.Id, stored, batch.Next, rejects) with { Awaiting = awaiting }, cancellation);
        }

        if (!isCommitted)
        {
            await GoElsewhere(cancellation);
            return true;
        }

        // Counted first: who sees that nothing waits sees all that has been committed.
        (stored, next) = (batch.Next, batch.Next);
        told.Committed(built.Rows.Count, time.GetElapsedTime(began));
        told.DroppedOfDeleted(batch.Frames.Count - records.Count);
        journal.Committed(stored);

        // Told once it is passed for good: an attempt that fails is made again.
        KeepAside(batch);
        Tell(built, rejects);
        await HearOfFirstAnswers(awaiting.Keys, cancellation);
        await JoinFeedback(built, cancellation);
        return true;
    }

    // Forward: an attempt whose outcome was not known has been committed after all, by this process or one before it. Back: the database has lost its last commits.
    private async Task GoElsewhere(CancellationToken cancellation)
    {
        var before = stored;
        stored = await store.Position(journal!.Id, cancellation) ?? JournalPosition.Start;
        var found = journal.From(stored);
        next = found.From;
        journal.Committed(next);
        if (stored > before)
        {
            LogElsewhere(journal.Id, stored);
        }
        else
        {
            LogSetBack(journal.Id, before, stored, next);
            told.Found(found.Finding);
        }
    }

    private async Task<List<Record>> Records(JournalBatch batch, CancellationToken cancellation)
    {
        var records = new List<Record>(batch.Frames.Count);
        foreach (var (payload, end) in batch.Frames)
        {
            var frame = InferenceFrame.Read(payload);
            if (await counters.Find(frame, cancellation) is { } counter)
            {
                records.Add(new Record(frame, end with { Offset = end.Offset - payload.Length - IInferenceJournal.HeadBytes }, counter));
            }
        }

        return records;
    }

    private static CommitBuilder Build(List<Record> records, IReadOnlySet<long> rejected)
    {
        var builder = new CommitBuilder(rejected);
        foreach (var (frame, start, counter) in records)
        {
            builder.Add(frame, start, counter);
        }

        return builder;
    }

    // Halves what is refused until single rows are left. What no single row explains is no row's fault: the next call tries it again.
    private async Task<IReadOnlyList<RejectedRow>> RefusedRows(IReadOnlyList<LogRow> rows, RowsRefusedException refused, CancellationToken cancellation)
    {
        var rejects = new List<RejectedRow>();
        var waiting = new Stack<(int First, int Count)>([(0, rows.Count)]);
        while (waiting.TryPop(out var part))
        {
            var some = rows.Skip(part.First).Take(part.Count).ToList();
            if (await store.Refusal(some, cancellation) is not { } reason)
            {
                continue;
            }

            if (part.Count == 1)
            {
                rejects.Add(new RejectedRow(some[0].Id, some[0].Deployment, some[0].Sequence, reason));
                continue;
            }

            var half = part.Count / 2;
            waiting.Push((part.First + half, part.Count - half));
            waiting.Push((part.First, half));
        }

        return rejects.Count > 0 ? rejects : throw refused;
    }

    private static Dictionary<DeploymentId, OutputSpec> Awaiting(List<Record> records)
    {
        var awaiting = new Dictionary<DeploymentId, OutputSpec>();
        foreach (var (frame, _, counter) in records)
        {
            if (frame is AnsweredFrame && counter.AwaitsFirstAnswers)
            {
                awaiting[frame.Deployment] = counter.Signature!.Output;
            }
        }

        return awaiting;
    }

    // By this commit or another journal's. Until then answers are counted so that they can still be brought into any bins.
    private async Task HearOfFirstAnswers(IEnumerable<DeploymentId> awaiting, CancellationToken cancellation)
    {
        foreach (var deployment in awaiting)
        {
            if (await store.FirstAnswers(deployment, cancellation) is { } frozen)
            {
                counters.Put(deployment, frozen);
            }
        }
    }

    private async Task JoinFeedback(CommitBuilder built, CancellationToken cancellation)
    {
        var rows = built.Rows.Where(row => row.Refusal is null).Select(row => new CommittedRow(row.Deployment, row.Id, row.ExternalId));
        try
        {
            await feedback.Join(new FeedbackChoice.Committed(rows), cancellation);
        }
        catch (Exception failure) when (failure is DbException or MlOpsException)
        {
            // The rows are committed; the next pass over all that waits joins them.
            LogNotJoined(failure);
        }
    }

    private void KeepAside(JournalBatch batch)
    {
        foreach (var span in batch.Skipped)
        {
            told.Skipped(span.Reason);
            if (span.Reason == SkipReason.Damaged)
            {
                var copy = journal!.KeepAside(span);
                LogDamaged(journal.Id, span.Length, span.From, copy);
            }
            else if (span.Reason == SkipReason.Gone)
            {
                LogGone(journal!.Id, span.From);
            }
        }
    }

    private void Tell(CommitBuilder built, IReadOnlyList<RejectedRow> rejects)
    {
        told.Rejected(rejects.Count);
        foreach (var reject in rejects)
        {
            LogRejected(reject.Id, reject.Deployment.Value, reject.Reason);
        }

        if (built.Uncounted is [var first, ..])
        {
            LogUncounted(first, built.Uncounted.Count);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Actuals that waited for rows are joined a minute late")]
    private partial void LogNotJoined(Exception cause);

    private readonly record struct Record(InferenceFrame Frame, JournalPosition Start, DeploymentCounter Counter);

    [LoggerMessage(Level = LogLevel.Critical, Message = "Journal {Journal}: the database is ahead of it, at {Position}: the machine lost what was not on its disk. Answers of its last moments may be in the log that no file has any more")]
    private partial void LogAhead(Guid journal, JournalPosition position);

    [LoggerMessage(Level = LogLevel.Critical, Message = "Journal {Journal}: the database is at {Position}, the oldest record still kept is at {From}: it was restored from before, and rows in between are missing")]
    private partial void LogBehind(Guid journal, JournalPosition position, JournalPosition from);

    [LoggerMessage(Level = LogLevel.Critical, Message = "Journal {Journal}: {Bytes} bytes from {From} on are damaged and passed over; they are kept in {Copy}")]
    private partial void LogDamaged(Guid journal, long bytes, JournalPosition from, string copy);

    [LoggerMessage(Level = LogLevel.Critical, Message = "Journal {Journal}: the segments from {From} on are gone before the database had them")]
    private partial void LogGone(Guid journal, JournalPosition from);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Journal {Journal}: an earlier attempt has been committed after all, up to {Position}")]
    private partial void LogElsewhere(Guid journal, JournalPosition position);

    [LoggerMessage(Level = LogLevel.Error, Message = "Journal {Journal}: the database had it up to {Before} and now up to {Position}: it has lost its last commits. What the journal still keeps is committed again, from {From} on")]
    private partial void LogSetBack(Guid journal, JournalPosition before, JournalPosition position, JournalPosition from);

    [LoggerMessage(Level = LogLevel.Error, Message = "The database does not take row {Id} of deployment {Deployment}, which is kept among the rejects: {Reason}")]
    private partial void LogRejected(Guid id, Guid deployment, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Records} records are logged but not counted into drift: their bins are none of their model's")]
    private partial void LogUncounted(Exception first, int records);
}
