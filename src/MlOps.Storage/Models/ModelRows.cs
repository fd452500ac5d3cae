using System.Collections.Immutable;
using System.Data.Common;
using MlOps.Contributions;
using MlOps.Jobs;
using MlOps.Sql;

namespace MlOps.Models;

/// <summary>Models as rows and lists.</summary>
internal static class ModelRows
{
    private static readonly Statement Columns =
        $"id, project_id, name, algo, digest, signature, baseline, metadata, metrics, example_request, preview, warnings, contributions, created_us";

    // A deployment whose model could not be loaded is in its stage, but serves nobody: it does not count here.
    private static readonly Statement IsProduction =
        $"exists (select 1 from deployments d where d.model_id = models.id and d.stage = 'production' and d.failure is null)";

    private static readonly Statement IsStaging =
        $"exists (select 1 from deployments d where d.model_id = models.id and d.stage = 'staging' and d.failure is null)";

    private static readonly Statement ProjectName = $"(select p.name from projects p where p.id = models.project_id)";

    public static readonly Statement ListingColumns =
        $"{Columns}, {ProjectName} as project_name, {IsProduction} as is_production, {IsStaging} as is_staging";

    /// <summary>A listing whose parts are still missing.</summary>
    public static ModelListing Read(DbDataReader row) => new(
        new(
            new(row.Id("id")),
            new(row.Id("project_id")),
            row.Text("name"),
            row.Text("algo"),
            row.Text("digest"),
            [],
            ExactJson.Read<ModelSignature>(row.Text("signature")),
            row.TextOrNull("baseline") is { } baseline ? ExactJson.Read<Drift.Baseline>(baseline) : null,
            row.Text("metadata"),
            row.Text("metrics"),
            row.Text("example_request"),
            row.TextOrNull("preview"),
            ExactJson.Read<ImmutableArray<string>>(row.Text("warnings")),
            row.Time("created_us"))
        {
            Contributions = row.TextOrNull("contributions") is { } contributions ? ExactJson.Read<ContributionSummary>(contributions) : null,
        },
        row.Text("project_name"),
        row.Flag("is_production"),
        row.Flag("is_staging"));

    public static async Task<ImmutableArray<ModelListing>> WithParts(SqlSession session, ImmutableArray<ModelListing> listings)
    {
        if (listings.IsEmpty)
        {
            return listings;
        }

        var ids = Statement.Join($", ", listings.Select(listing => (Statement)$"{listing.Model.Id}"));
        var parts = await session.All(
            $"""
            select p.model_id, p.kind, p.name, f.sha256, f.size from model_parts p join files f on f.id = p.file_id
            where p.model_id in ({ids}) order by p.model_id, p.position
            """,
            row => (
                Model: new ModelId(row.Id("model_id")),
                Part: new ModelPart(Enum.Parse<PartKind>(row.Text("kind")), row.Text("name"), row.Text("sha256"), row.Number("size"))));
        var byModel = parts.ToLookup(part => part.Model, part => part.Part);
        var jobs = (await session.All(
            $"select {JobRows.Columns} from jobs where model_id in ({ids}) and {JobRows.IsBaseline} order by created_us, id", JobRows.Read)).ToLookup(job => job.Model);
        return
        [
            .. listings.Select(listing => listing with
            {
                Model = listing.Model with { Parts = [.. byModel[listing.Model.Id]], BaselineJob = jobs[listing.Model.Id].LastOrDefault() },
            }),
        ];
    }

    public static Task Insert(SqlSession session, RegisteredModel model)
    {
        var signature = ExactJson.Write(model.Signature);
        var baseline = model.Baseline is null ? null : ExactJson.Write(model.Baseline);
        var warnings = ExactJson.Write(model.Warnings);
        var contributions = model.Basis is null ? null : ExactJson.Write(model.Basis.Summary);
        return session.Execute(
            $"""
            insert into models ({Columns}, contribution_basis)
            values ({model.Id}, {model.Project}, {model.Name}, {model.Algo}, {model.Digest}, {signature}, {baseline}, {model.Metadata},
                {model.Metrics}, {model.ExampleRequest}, {model.Preview}, {warnings}, {contributions}, {model.CreatedAt}, {model.Basis?.ToBytes()})
            """);
    }

    /// <summary>Stores what reading its rows changed: how it is understood, its bins, how it is explained, its warnings.</summary>
    public static async Task Update(SqlSession session, RegisteredModel model)
    {
        var signature = ExactJson.Write(model.Signature);
        var baseline = model.Baseline is null ? null : ExactJson.Write(model.Baseline);
        var warnings = ExactJson.Write(model.Warnings);
        await session.Execute(
            $"""
            update models set signature = {signature}, baseline = {baseline}, example_request = {model.ExampleRequest}, preview = {model.Preview}, warnings = {warnings}
            where id = {model.Id}
            """);
        if (model.Basis is { } basis)
        {
            await session.Execute($"update models set contributions = {ExactJson.Write(basis.Summary)}, contribution_basis = {basis.ToBytes()} where id = {model.Id}");
        }
    }

    /// <summary>Takes the baseline and reference files from a model, and away where no other needs them.</summary>
    /// <param name="models">What stands after <c>in</c>.</param>
    public static async Task DropRows(SqlSession session, Statement models)
    {
        var (baseline, reference) = (PartKind.Baseline.ToString(), PartKind.Reference.ToString());
        await session.Execute($"delete from model_parts where kind in ({baseline}, {reference}) and model_id in {models}");
        await FileSweep.RemoveUnused(session);
    }

    public static Task InsertPart(SqlSession session, ModelId model, int position, ModelPart part, long file) =>
        session.Execute(
            $"""
            insert into model_parts (model_id, position, kind, name, file_id)
            values ({model}, {position}, {part.Kind.ToString()}, {part.Name}, {file})
            """);

    public static Statement Filter(ModelQuery query)
    {
        Statement from = $"from models where 1 = 1";
        foreach (var project in new[] { query.Only, query.Project }.OfType<Projects.ProjectId>())
        {
            from.AppendFormatted($" and project_id = {project}");
        }

        if (query.Type is not null)
        {
            from.AppendFormatted($" and fold(algo) = fold({query.Type})");
        }

        if (query.IsProduction is { } production)
        {
            from.AppendFormatted($" and {IsProduction} = {production}");
        }

        if (query.IsStaging is { } staging)
        {
            from.AppendFormatted($" and {IsStaging} = {staging}");
        }

        if (!string.IsNullOrEmpty(query.Search))
        {
            var part = SearchPattern.Containing(query.Search);
            from.AppendFormatted(
                $@" and (fold(name) like fold({part}) escape '\' or fold(algo) like fold({part}) escape '\' or fold({ProjectName}) like fold({part}) escape '\')");
        }

        return from;
    }

    public static Statement Order(ModelQuery query, Func<Statement, string, Statement> numberIn)
    {
        var direction = Statement.Direction(query.Descending);
        if (query.SortMetric is null)
        {
            return $"created_us {direction}, id {direction}";
        }

        var metric = numberIn($"metrics", query.SortMetric);
        return $"case when {metric} is null then 1 else 0 end, {metric} {direction}, created_us desc, id desc";
    }
}
