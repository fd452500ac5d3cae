using MlOps.Models;
using MlOps.Sql;

namespace MlOps.Jobs;

internal sealed class JobStore(ICatalogue catalogue, FileSweep sweep) : IJobStore
{
    public Task<Job?> Find(JobId id, CancellationToken cancellation) =>
        catalogue.Read(session => session.First($"select {JobRows.Columns} from jobs where id = {id.Value}", JobRows.Read), cancellation);

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
