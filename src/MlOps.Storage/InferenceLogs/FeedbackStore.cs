using System.Data.Common;
using MlOps.Metrics;
using MlOps.Models;
using MlOps.Sql;

namespace MlOps.InferenceLogs;

internal sealed class FeedbackStore(ILogDatabase database) : IFeedbackStore
{
    private const string Pending = "pending";
    private const string Joined = "joined";

    // A statement with so many values stays well below the parameters that databases take.
    private const int AtOnce = 400;

    // So few are looked up among the rows; of more, the rows that have just come are looked up among them.
    private const int FewPending = 2_000;

    private static readonly Statement Columns = $"id, project, deployment, inference_id, external_id, actual, observed_us, arrived_us";

    public Task<IReadOnlyList<long>> Add(IReadOnlyList<Feedback> sent, CancellationToken cancellation) => database.Write<IReadOnlyList<long>>(
        async session =>
        {
            var sequences = new List<long>(sent.Count);
            foreach (var some in sent.Chunk(AtOnce))
            {
                var ids = await session.All(
                    $"""
                    insert into inference_feedback (project, deployment, inference_id, external_id, actual, observed_us, arrived_us, state)
                    values {Statement.Join($", ", some.Select(Values))} returning id
                    """,
                    row => row.GetInt64(0));

                // Numbered in the order of the values; returned in any.
                sequences.AddRange(ids.Order());
            }

            return sequences;
        },
        cancellation);

    public Task<FeedbackJoined> Join(FeedbackChoice choice, Func<ModelId, ValueTask<TargetReader?>> readers, CancellationToken cancellation) => choice switch
    {
        FeedbackChoice.Sent sent => database.Write(session => new FeedbackTransaction(database, session, readers).Run(One(session, sent.Sequences), sent.Sequences), cancellation),
        FeedbackChoice.Waiting waiting => JoinWaiting(waiting, readers, cancellation),
        FeedbackChoice.Committed committed => JoinCommitted(committed.Rows, readers, cancellation),
        _ => throw new ArgumentOutOfRangeException(nameof(choice)),
    };

    public Task<bool> Purge(DateTimeOffset before, CancellationToken cancellation) =>
        database.Write(session => LogForgetting.Some(session, $"inference_feedback", $"id", $"arrived_us < {before}"), cancellation);

    internal static Feedback Read(DbDataReader row) => new(
        row.Number("id"),
        new(row.LogId("project")),
        row.Null("deployment") ? null : new(row.LogId("deployment")),
        row.Null("inference_id") ? null : row.LogId("inference_id"),
        row.TextOrNull("external_id"),
        ExactJson.Read<Scalar>(row.Text("actual")),
        row.Time("observed_us"),
        row.Time("arrived_us"));

    private static Statement Values(Feedback one) =>
        $"({one.Project}, {one.Deployment?.Value}, {one.Row}, {one.ExternalId}, {ExactJson.Write(one.Actual)}, {one.ObservedAt}, {one.ArrivedAt}, {Pending})";

    private Task<FeedbackJoined> JoinWaiting(FeedbackChoice.Waiting waiting, Func<ModelId, ValueTask<TargetReader?>> readers, CancellationToken cancellation) => database.Write(
        async session =>
        {
            var ids = await session.All(
                $"select id from inference_feedback where state = {Pending} and id > {waiting.After} order by id limit {waiting.Limit}", row => row.GetInt64(0));
            var joined = await new FeedbackTransaction(database, session, readers).Run(One(session, ids), ids);
            return joined with { Next = ids.Length < waiting.Limit ? null : ids[^1] };
        },
        cancellation);

    private async Task<FeedbackJoined> JoinCommitted(IEnumerable<CommittedRow> rows, Func<ModelId, ValueTask<TargetReader?>> readers, CancellationToken cancellation)
    {
        // Nearly always nothing waits: that takes one look.
        var (pending, external) = await database.Read(
            async session => (
                await session.All($"select id from inference_feedback where state = {Pending} and inference_id is not null order by id limit {FewPending + 1}", row => row.GetInt64(0)),
                await session.Number($"select 1 from inference_feedback where external_id is not null limit 1") is not null),
            cancellation);
        var keyed = external ? rows.Where(row => row.ExternalId is not null).Select(row => row.ExternalId!).Distinct().ToList() : [];
        if (pending.Length == 0 && keyed.Count == 0)
        {
            return new FeedbackJoined(new Dictionary<long, int>(), 0, [], null);
        }

        return await database.Write(
            async session =>
            {
                var ids = new SortedSet<long>(pending);
                if (pending.Length > FewPending)
                {
                    ids.Clear();
                    foreach (var some in rows.Chunk(AtOnce))
                    {
                        ids.UnionWith(await session.All(
                            $"select id from inference_feedback where inference_id in ({Statement.Join($", ", some.Select(row => (Statement)$"{row.Id}"))})", row => row.GetInt64(0)));
                    }
                }

                foreach (var some in keyed.Chunk(AtOnce))
                {
                    ids.UnionWith(await session.All(
                        $"select id from inference_feedback where external_id in ({Statement.Join($", ", some.Select(key => (Statement)$"{key}"))})", row => row.GetInt64(0)));
                }

                return await new FeedbackTransaction(database, session, readers).Run(One(session, [.. ids]), [.. ids]);
            },
            cancellation);
    }

    // In the order of their sequences, so that two who join the same ones wait for each other in one direction only.
    private async IAsyncEnumerable<IReadOnlyList<Feedback>> One(SqlSession session, IReadOnlyList<long> sequences)
    {
        foreach (var some in sequences.Order().Chunk(AtOnce))
        {
            yield return await session.All(
                $"select {Columns} from inference_feedback where id in ({Statement.Join($", ", some.Select(id => (Statement)$"{id}"))}) order by id {database.ForUpdate}", Read);
        }
    }

    /// <summary>What has been joined under an inference id waits no more; an external id goes on.</summary>
    internal static async Task Settle(SqlSession session, IEnumerable<Feedback> met)
    {
        foreach (var some in met.Chunk(AtOnce))
        {
            var ids = Statement.Join($", ", some.Select(one => (Statement)$"{one.Sequence}"));
            await session.Execute($"delete from inference_feedback where id in ({ids}) and inference_id is not null");
            await session.Execute($"update inference_feedback set state = {Joined} where id in ({ids}) and state = {Pending}");
        }
    }
}
