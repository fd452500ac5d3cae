using MlOps.Deployments;
using MlOps.Models;
using MlOps.Sql;

namespace MlOps.Jobs;

internal sealed class JobStore(ICatalogue catalogue, FileSweep sweep) : IJobStore
{
    // Results are large; whoever wants one for longer fetches it.
    private const int KeptOfADeployment = 100;

    public Task<Job?> Find(JobId id, CancellationToken cancellation) =>
        catalogue.Read(session => session.First($"select {JobRows.Columns} from jobs where id = {id.Value}", JobRows.Read), cancellation);

    public Task<bool> Add(Job job, IdempotencyEntry? idempotency, CancellationToken cancellation) =>
        catalogue.Write(
            async session =>
            {
                // Behind changes of the project, and before the next: its deployments stay as they are meanwhile. Nothing that silos hold changes, so its epoch stays, too.
                if (await session.Execute($"update projects set epoch = epoch where id = {job.Project}") != 1
                    || await session.Number($"select count(*) from deployments where id = {job.Deployment?.Value} and project_id = {job.Project}") != 1)
                {
                    session.RollBack();
                    return false;
                }

                await JobRows.Insert(session, job);
                await session.Execute(
                    $"""
                    delete from jobs where deployment_id = {job.Deployment?.Value} and type = {job.Type} and status in ('succeeded', 'failed') and id not in (
                        select id from jobs where deployment_id = {job.Deployment?.Value} and type = {job.Type} order by created_us desc, id desc limit {KeptOfADeployment})
                    """);
                await IdempotencyStore.Keep(session, idempotency);
                return true;
            },
            cancellation);

    public Task<Job?> Newest(DeploymentId deployment, string type, CancellationToken cancellation) =>
        catalogue.Read(
            session => session.First(
                $"select {JobRows.Columns} from jobs where deployment_id = {deployment} and type = {type} order by created_us desc, id desc limit 1", JobRows.Read),
            cancellation);

    public Task<bool> Complete(JobCompletion completion, CancellationToken cancellation) =>
        catalogue.Write(
            async session =>
            {
                await session.TakeTime();
                return await JobRows.Complete(session, completion);
            },
            cancellation);

    // Of two that claim at once the second finds the condition gone: where the database lets them read side by side, its update waits for the first one's and looks again.
    public Task<Job?> Claim(string owner, DateTimeOffset now, DateTimeOffset stale, CancellationToken cancellation) =>
        catalogue.Write(
            session => session.First(
                $"""
                update jobs set status = 'running', progress = 0, starts = starts + 1, owner = {owner}, stamped_us = {now}, started_us = {now}
                where (status = 'queued' or (status = 'running' and stamped_us < {stale}))
                    and id = (
                        select id from jobs
                        where status in ('queued', 'running') and (status = 'queued' or stamped_us < {stale})
                        order by created_us, id limit 1)
                returning {JobRows.Columns}
                """,
                JobRows.Read),
            cancellation);

    public Task<bool> Stamp(JobId id, string owner, double progress, DateTimeOffset now, CancellationToken cancellation) =>
        catalogue.Write(
            async session => await session.Execute(
                $"update jobs set progress = {progress}, stamped_us = {now} where id = {id.Value} and owner = {owner} and status = 'running'") == 1,
            cancellation);

    public Task Release(string owner, bool orderly, CancellationToken cancellation) =>
        catalogue.Write(
            session => session.Execute(
                $"""
                update jobs set status = 'queued', progress = 0, starts = starts - {(orderly ? 1 : 0)}, owner = null, stamped_us = null
                where owner = {owner} and status = 'running'
                """),
            cancellation);

    public async Task<bool> Fail(JobId id, string owner, string error, DateTimeOffset now, CancellationToken cancellation)
    {
        var failed = await catalogue.Write(
            async session =>
            {
                await session.TakeTime();
                if (await session.Execute(
                    $"""
                    update jobs set status = 'failed', owner = null, finished_us = {now}, error = {error}
                    where id = {id.Value} and owner = {owner} and status = 'running'
                    """) == 0)
                {
                    return false;
                }

                await ModelRows.DropRows(session, $"(select model_id from jobs where id = {id.Value} and {JobRows.IsBaseline})");
                return true;
            },
            cancellation);
        sweep.Wake();
        return failed;
    }
}
