using System.Collections.Immutable;
using MlOps.Deployments;
using MlOps.Sql;

namespace MlOps.InferenceLogs;

/// <summary>
/// The log in commit order. Each journal is a queue in the order of its sequence, which is how its rows became visible; there is none between journals, so their heads are
/// merged by id. What is answered is a prefix of each queue: what comes later is behind it.
/// </summary>
internal static class LogTails
{
    // Rows of a journal that one call looks at for those that its filter wants.
    private const int Looked = 10_000;

    public static async Task<LogTail> Read(ILogDatabase database, SqlSession session, DeploymentId id, LogFilter filter, LogCursor after, int limit)
    {
        if (await LogDeployments.Find(session, id) is not { } found)
        {
            return new([], after);
        }

        await database.WalkInOrder(session);
        var queues = new List<Queue>();
        foreach (var (journal, number) in await session.All($"select id, number from inference_journals order by id", row => (row.LogId("id"), (int)row.Number("number"))))
        {
            if (await Queue.Read(session, found, filter, journal, number, after.Read.TryGetValue(journal, out var read) ? read : null, limit) is { } queue)
            {
                queues.Add(queue);
            }
        }

        var items = Merge(queues, limit);
        var next = after.Read.ToDictionary();
        foreach (var queue in queues)
        {
            next[queue.Journal] = queue.Read();
        }

        return new(items, new(next));
    }

    private static List<LogItem> Merge(List<Queue> queues, int limit)
    {
        var items = new List<LogItem>();
        var heads = new PriorityQueue<Queue, Guid>();
        foreach (var queue in queues)
        {
            if (queue.Head is { } head)
            {
                heads.Enqueue(queue, head.Row.Id);
            }
        }

        while (items.Count < limit && heads.TryDequeue(out var queue, out _))
        {
            items.Add(queue.Take());
            if (queue.Head is { } next)
            {
                heads.Enqueue(queue, next.Row.Id);
            }
        }

        return items;
    }

    private sealed class Queue(Guid journal, ImmutableArray<LogItem> items, long through)
    {
        private int taken;

        public Guid Journal => journal;

        public LogItem? Head => taken < items.Length ? items[taken] : null;

        /// <summary>Null when nothing is behind what has been read.</summary>
        public static async Task<Queue?> Read(SqlSession session, LogDeployments.Numbered found, LogFilter filter, Guid journal, int number, long? after, int limit)
        {
            Statement rest = $"deployment = {found.Number} and journal = {number}";
            if (after is { } read)
            {
                rest.AppendFormatted((Statement)$" and sequence > {read}");
            }

            var look = Math.Max(Looked, limit);
            if (await session.Number($"select max(sequence) from (select sequence from inference_rows where {rest} order by sequence limit {look}) looked") is not { } last)
            {
                return null;
            }

            if (filter.Range.IsEmpty || LogSelection.Of(found.Deployment, filter) is not { } selection)
            {
                return new(journal, [], last);
            }

            var items = await session.All(
                $"""
                select {LogRows.Columns} from inference_rows
                where {rest} and sequence <= {last} and {LogSelection.In(found.Number, filter.Range)}{selection.Matches} order by sequence limit {limit}
                """,
                row => LogRows.Read(row, found.Deployment));
            return new(journal, items, items.Length < limit ? last : items[^1].Row.Sequence);
        }

        public LogItem Take() => items[taken++];

        /// <summary>What the next call goes on after: all that stands before the head has been answered, or is not wanted.</summary>
        public long Read() => taken == items.Length ? through : items[taken].Row.Sequence - 1;
    }
}
