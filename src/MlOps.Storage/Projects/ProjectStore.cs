using MlOps.Deployments;
using MlOps.Models;
using MlOps.Sql;

namespace MlOps.Projects;

internal sealed class ProjectStore(ICatalogue catalogue, FileSweep sweep) : IProjectStore
{
    public Task Create(Project project, IdempotencyEntry? idempotency, CancellationToken cancellation) =>
        catalogue.Write(
            async session =>
            {
                await session.Execute(
                    $"""
                    insert into projects ({ProjectRows.Columns})
                    values ({project.Id}, {project.Name}, {project.Description}, {project.Epoch}, {project.CreatedAt})
                    """);
                await IdempotencyStore.Keep(session, idempotency);
                return true;
            },
            cancellation);

    public Task<ProjectListing?> Find(ProjectId id, CancellationToken cancellation) =>
        catalogue.Read(
            session => session.First($"select {ProjectRows.ListingColumns} from projects where id = {id}", ProjectRows.ReadListing),
            cancellation);

    public Task<Page<ProjectListing>> List(ProjectQuery query, PageRequest page, CancellationToken cancellation) =>
        catalogue.Read(
            session => session.Page(
                ProjectRows.ListingColumns, ProjectRows.Filter(query), ProjectRows.Order(query), page, ProjectRows.ReadListing),
            cancellation);

    public Task<Project?> Update(ProjectId id, string name, string? description, CancellationToken cancellation) =>
        catalogue.Write(
            session => session.First(
                $"""
                update projects set epoch = epoch + 1, name = {name}, description = {description} where id = {id}
                returning {ProjectRows.Columns}
                """,
                ProjectRows.Read),
            cancellation);

    public async Task<bool> Delete(ProjectId id, CancellationToken cancellation)
    {
        var deleted = await catalogue.Write(
            async session =>
            {
                if (!await ProjectRows.TakeEpoch(session, id))
                {
                    return false;
                }

                if (await session.First(
                    $"select {DeploymentRows.Columns} from deployments where project_id = {id} and stage = 'production'",
                    DeploymentRows.Read) is { } production)
                {
                    throw new MlOpsException(
                        ErrorCode.ProjectInUse,
                        $"The deployment '{production.Spec.Name}' ({production.Id}) is in production. Deactivate it, then delete the project.");
                }

                await session.Execute($"delete from projects where id = {id}");
                await FileSweep.RemoveUnused(session);
                return true;
            },
            cancellation);
        sweep.Wake();
        return deleted;
    }

    public Task<Page<TimelineEvent>> Timeline(ProjectId id, PageRequest page, CancellationToken cancellation) =>
        catalogue.Read(
            session => session.Page(TimelineRows.Columns, $"from timeline where project_id = {id}", $"seq desc", page, TimelineRows.Read),
            cancellation);

    public Task<ProjectState?> Load(ProjectId id, CancellationToken cancellation) =>
        catalogue.Read(
            async session =>
            {
                var found = await session.First(
                    $"select p.epoch, c.id, c.made_us from projects p left join catalogue c on 1 = 1 where p.id = {id}",
                    row => new ProjectState(id, row.Number("epoch"), [], new(row.Id("id"), row.Time("made_us"))));
                return found is null
                    ? null
                    : found with
                    {
                        Deployments = await session.All(
                            $"""
                            select {DeploymentRows.Columns} from deployments
                            where project_id = {id} and stage <> 'archived' order by created_us desc, id desc
                            """,
                            DeploymentRows.Read),
                        Binned = await session.All(
                            $"""
                            select id from models where baseline is not null and id in (
                                select model_id from deployments where project_id = {id} and stage <> 'archived')
                            """,
                            row => new ModelId(row.Id("id"))),
                    };
            },
            cancellation);

    public Task<bool> Commit(ProjectChange change, CancellationToken cancellation)
    {
        if (change.Put.Any(deployment => deployment.Project != change.Project))
        {
            throw new ArgumentException("A change is about the deployments of one project.", nameof(change));
        }

        return catalogue.Write(session => Commit(session, change), cancellation);
    }

    // The order matters: whoever takes the epoch row first goes first, and everyone else finds another epoch.
    private static async Task<bool> Commit(SqlSession session, ProjectChange change)
    {
        var epoch = change.ExpectedEpoch + 1;
        if (await session.Execute($"update projects set epoch = {epoch} where id = {change.Project} and epoch = {change.ExpectedEpoch}") == 0)
        {
            return false;
        }

        foreach (var id in change.Delete)
        {
            await session.Execute($"delete from deployments where id = {id} and project_id = {change.Project}");
        }

        foreach (var deployment in change.Put)
        {
            await DeploymentRows.Put(session, deployment, epoch);
        }

        foreach (var happened in change.History)
        {
            await TimelineRows.Append(session, change.Project, happened);
        }

        await IdempotencyStore.Keep(session, change.Idempotency);
        return true;
    }
}
