using System.Data.Common;
using MlOps.Sql;

namespace MlOps.Deployments;

/// <summary>Deployments as rows.</summary>
internal static class DeploymentRows
{
    public static readonly Statement Columns =
        $"""
        id, project_id, model_id, model_name, model_algo, name, stage, traffic_percent, canary, privacy_policy_id, anonymize_logs,
        anonymize_response, column_map, privacy_threshold, config, failure, created_us, updated_us
        """;

    public static Deployment Read(DbDataReader row) => new(
        new(row.Id("id")),
        new(row.Id("project_id")),
        new(
            new(row.Id("model_id")),
            row.Text("name"),
            (int)row.Number("traffic_percent"),
            row.Flag("canary"),
            new(
                row.TextOrNull("privacy_policy_id"),
                row.FlagOrNull("anonymize_logs"),
                row.FlagOrNull("anonymize_response"),
                row.TextOrNull("column_map"),
                row.RealOrNull("privacy_threshold")),
            row.TextOrNull("config")),
        row.Stage("stage"),
        row.Text("model_name"),
        row.Text("model_algo"),
        row.TextOrNull("failure"),
        row.Time("created_us"),
        row.Time("updated_us"));

    /// <summary>Adds or replaces a deployment in the transaction that made <paramref name="epoch"/> the project's.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.ModelDeleted"/>: it is to serve a model that is not there any more.</exception>
    public static async Task Put(SqlSession session, Deployment deployment, long epoch)
    {
        var (spec, privacy) = (deployment.Spec, deployment.Spec.Privacy);
        if (deployment.Stage != Stage.Archived
            && await session.Number($"select 1 from models where id = {spec.Model} and project_id = {deployment.Project}") is null)
        {
            throw new MlOpsException(
                ErrorCode.ModelDeleted,
                $"The model '{deployment.ModelName}' ({spec.Model}) has been deleted. Register it again and deploy that one.");
        }

        long? production = deployment.Stage == Stage.Production ? epoch : null;
        await session.Execute(
            $"""
            insert into deployments ({Columns}, production_epoch)
            values ({deployment.Id}, {deployment.Project}, {spec.Model}, {deployment.ModelName}, {deployment.ModelAlgo}, {spec.Name},
                {deployment.Stage}, {spec.TrafficPercent}, {spec.Canary}, {privacy.PolicyId}, {privacy.AnonymizeLogs},
                {privacy.AnonymizeResponse}, {privacy.ColumnMap}, {privacy.Threshold}, {spec.Config}, {Sql.Columns.Shown(deployment.Failure)},
                {deployment.CreatedAt}, {deployment.UpdatedAt}, {production})
            on conflict (id) do update
            set model_id = excluded.model_id, model_name = excluded.model_name, model_algo = excluded.model_algo, name = excluded.name,
                stage = excluded.stage, traffic_percent = excluded.traffic_percent, canary = excluded.canary,
                privacy_policy_id = excluded.privacy_policy_id, anonymize_logs = excluded.anonymize_logs,
                anonymize_response = excluded.anonymize_response, column_map = excluded.column_map,
                privacy_threshold = excluded.privacy_threshold, config = excluded.config, failure = excluded.failure,
                updated_us = excluded.updated_us,
                production_epoch = coalesce(excluded.production_epoch, deployments.production_epoch)
            """);
    }
}
