using MlOps.Projects;
using MlOps.Sql;

namespace MlOps.Deployments;

internal sealed class DeploymentStore(ICatalogue catalogue) : IDeploymentStore
{
    public Task<Deployment?> Find(DeploymentId id, CancellationToken cancellation) =>
        catalogue.Read(
            session => session.First($"select {DeploymentRows.Columns} from deployments where id = {id}", DeploymentRows.Read),
            cancellation);

    public Task<Page<Deployment>> List(ProjectId project, PageRequest page, CancellationToken cancellation) =>
        catalogue.Read(
            session => session.Page(
                DeploymentRows.Columns, $"from deployments where project_id = {project}", $"created_us desc, id desc", page, DeploymentRows.Read),
            cancellation);

    public Task<Deployment?> PreviousProduction(ProjectId project, CancellationToken cancellation) =>
        catalogue.Read(
            session => session.First(
                $"""
                select {DeploymentRows.Columns} from deployments
                where project_id = {project} and stage <> 'production' and production_epoch is not null
                order by production_epoch desc limit 1
                """,
                DeploymentRows.Read),
            cancellation);
}
