using System.Data.Common;
using MlOps.Deployments;
using MlOps.Metrics;
using MlOps.Models;
using MlOps.Projects;
using MlOps.Sql;

namespace MlOps.InferenceLogs;

/// <summary>The transaction that joins actuals with their rows.</summary>
internal sealed class FeedbackTransaction(ILogDatabase database, SqlSession session, Func<ModelId, ValueTask<TargetReader?>> readers)
{
    private const int AtOnce = 400;
    private const string Answered = "answered";
    private const string Arrived = "arrived";

    private readonly Dictionary<(DeploymentId?, ProjectId), IReadOnlyList<LogDeployments.Numbered>> scopes = [];
    private readonly SortedDictionary<(int Deployment, Guid Id), Found> rows = [];
    private readonly SortedDictionary<(int Deployment, string Kind, long Minute), AccuracyCounts> changes = [];

    public async Task<FeedbackJoined> Run(IAsyncEnumerable<IReadOnlyList<Feedback>> parts, IReadOnlyList<long> asked)
    {
        var there = new Dictionary<long, Feedback>();
        await foreach (var part in parts)
        {
            foreach (var scope in part.GroupBy(one => (one.Deployment, one.Project)))
            {
                await FindRows(await Scope(scope.Key), [.. scope]);
            }

            foreach (var one in part)
            {
                there[one.Sequence] = one;
            }
        }

        // What is gone has been joined by another, who looked at the same time.
        var met = asked.Where(sequence => !there.ContainsKey(sequence)).ToDictionary(sequence => sequence, _ => 1);
        var (updated, invalid) = (0, new SortedSet<long>());
        foreach (var (key, found) in rows)
        {
            var judged = JudgedRow.Of(found.Row, await readers(found.Row.Model), found.Sent.OrderBy(one => one.Sequence));
            invalid.UnionWith(judged.Invalid);
            updated += judged.Replaced ? 1 : 0;
            found.Sent.ForEach(one => met[one.Sequence] = met.GetValueOrDefault(one.Sequence) + 1);
            if (judged.Winner is { } winner && winner != found.Row.Known)
            {
                await session.Execute(
                    $"""
                    update inference_rows set feedback = {winner.Sequence}, actual = {ExactJson.Write(winner.Actual)}, observed_us = {winner.ObservedAt}, arrived_us = {winner.ArrivedAt}
                    where deployment = {key.Deployment} and id = {key.Id}
                    """);
                Note(key.Deployment, judged.Correction);
            }
        }

        await Correct();
        await FeedbackStore.Settle(session, there.Values.Where(one => met.ContainsKey(one.Sequence)));
        return new FeedbackJoined(met, updated, [.. invalid], null);
    }

    private async Task<IReadOnlyList<LogDeployments.Numbered>> Scope((DeploymentId? Deployment, ProjectId Project) scope)
    {
        if (!scopes.TryGetValue(scope, out var known))
        {
            Statement of = scope.Deployment is { } deployment ? (Statement)$"deployment = {deployment}" : $"project = {scope.Project}";
            scopes[scope] = known = await session.All($"select {LogDeployments.Columns} from inference_deployments where {of}", LogDeployments.Read);
        }

        return known;
    }

    private async Task FindRows(IReadOnlyList<LogDeployments.Numbered> scope, List<Feedback> sent)
    {
        if (scope.Count == 0)
        {
            return;
        }

        var byId = sent.Where(one => one.Row is not null).ToLookup(one => one.Row!.Value);
        var byKey = sent.Where(one => one.ExternalId is not null).ToLookup(one => one.ExternalId!, StringComparer.Ordinal);
        foreach (var deployment in scope)
        {
            foreach (var some in byId.Select(one => one.Key).Chunk(AtOnce))
            {
                await Find(deployment, $"id in ({Statement.Join($", ", some.Select(id => (Statement)$"{id}"))})", (id, _) => byId[id]);
            }

            foreach (var some in byKey.Select(one => one.Key).Chunk(AtOnce))
            {
                await Find(deployment, $"external_id in ({Statement.Join($", ", some.Select(key => (Statement)$"{key}"))})", (_, key) => byKey[key!]);
            }
        }
    }

    private async Task Find(LogDeployments.Numbered deployment, Statement which, Func<Guid, string?, IEnumerable<Feedback>> sent)
    {
        foreach (var (row, key) in await session.All(
            $"""
            select id, external_id, label, value, feedback, actual, observed_us, arrived_us from inference_rows
            where deployment = {deployment.Number} and status = 200 and {which} order by id {database.ForUpdate}
            """,
            row => (Read(row, deployment.Deployment), row.TextOrNull("external_id"))))
        {
            if (!rows.TryGetValue((deployment.Number, row.Id), out var found))
            {
                rows[(deployment.Number, row.Id)] = found = new Found(row, []);
            }

            found.Sent.AddRange(sent(row.Id, key));
        }
    }

    private static PredictedRow Read(DbDataReader row, LoggedDeployment deployment) => new(
        deployment.Id,
        deployment.Model,
        row.LogId("id"),
        row.TextOrNull("label"),
        row.RealOrNull("value"),
        row.TextOrNull("actual") is { } actual ? new KnownActual(ExactJson.Read<Scalar>(actual), row.Time("observed_us"), row.Time("arrived_us"), row.Number("feedback")) : null);

    private void Note(int deployment, OutcomeCorrection? correction)
    {
        if (correction is null)
        {
            return;
        }

        Note(deployment, Answered, correction.Answered);
        if (correction.Withdrawn is { } withdrawn)
        {
            Note(deployment, Arrived, withdrawn);
        }

        if (correction.Arrived is { } arrived)
        {
            Note(deployment, Arrived, arrived);
        }
    }

    private void Note(int deployment, string kind, AccuracyChange change)
    {
        var key = (deployment, kind, change.Minute.Number);
        changes[key] = changes.GetValueOrDefault(key) + change.Counts;
    }

    // Each row is there before it is taken, so that of two who add to a minute the second waits, and adds to what the first has left.
    private async Task Correct()
    {
        foreach (var (key, change) in changes.Where(one => !one.Value.IsZero))
        {
            Statement minute = $"deployment = {key.Deployment} and kind = {key.Kind} and minute = {key.Minute}";
            await session.Execute(
                $"""
                insert into accuracy_minutes (deployment, kind, minute, counts) values ({key.Deployment}, {key.Kind}, {key.Minute}, {default(AccuracyCounts).ToBytes()})
                on conflict (deployment, kind, minute) do nothing
                """);
            var counts = await session.All($"select counts from accuracy_minutes where {minute} {database.ForUpdate}", row => AccuracyCounts.Read(row.Bytes("counts")));
            await session.Execute($"update accuracy_minutes set counts = {(counts[0] + change).ToBytes()} where {minute}");
        }
    }

    private sealed record Found(PredictedRow Row, List<Feedback> Sent);
}
