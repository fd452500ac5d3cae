using System.Data.Common;
using MlOps.Deployments;
using MlOps.Sql;

namespace MlOps.InferenceLogs;

/// <summary>Deployments that the log knows, by number.</summary>
internal static class LogDeployments
{
    public static readonly Statement Columns = $"deployment, number, project, model, counts_classes";

    // A deployment may be forgotten between being found missing and being there.
    private const int Tries = 5;

    public static Task<Numbered?> Find(SqlSession session, DeploymentId deployment) =>
        session.First($"select {Columns} from inference_deployments where deployment = {deployment}", Read);

    public static Numbered Read(DbDataReader row) => new(
        (int)row.Number("number"), new(new(row.LogId("deployment")), new(row.LogId("project")), new(row.LogId("model")), row.Flag("counts_classes")));

    /// <summary>The numbers of deployments, which stay until the transaction ends; those that are new are added.</summary>
    public static async Task<Dictionary<DeploymentId, int>> Number(ILogDatabase database, SqlSession session, IReadOnlyCollection<LoggedDeployment> deployments)
    {
        for (var attempt = 1; ; attempt++)
        {
            var numbers = new Dictionary<DeploymentId, int>();
            foreach (var some in deployments.Chunk(500))
            {
                foreach (var found in await session.All(
                    $"""
                    select {Columns} from inference_deployments
                    where deployment in ({Statement.Join($", ", some.Select(one => (Statement)$"{one.Id}"))}) order by deployment {database.ForKeyShare}
                    """,
                    Read))
                {
                    numbers[found.Deployment.Id] = found.Number;
                }
            }

            // In one order, so that two who add the same ones wait for each other in one direction only.
            var missing = deployments.Where(one => !numbers.ContainsKey(one.Id)).OrderBy(one => one.Id.Value).ToList();
            if (missing.Count == 0)
            {
                return numbers;
            }

            if (attempt == Tries)
            {
                throw new MlOpsException(ErrorCode.Busy, $"Deployment {missing[0].Id} is being forgotten. Nothing has been changed: try again.");
            }

            foreach (var one in missing)
            {
                await session.Execute(
                    $"""
                    insert into inference_deployments (deployment, project, model, counts_classes)
                    values ({one.Id}, {one.Project}, {one.Model}, {one.CountsClasses})
                    on conflict (deployment) do nothing
                    """);
            }
        }
    }

    /// <summary>A deployment with the number that stands for it.</summary>
    internal sealed record Numbered(int Number, LoggedDeployment Deployment);
}
