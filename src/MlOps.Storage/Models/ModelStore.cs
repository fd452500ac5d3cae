using System.Collections.Immutable;
using MlOps.Contributions;
using MlOps.Jobs;
using MlOps.Projects;
using MlOps.Sql;

namespace MlOps.Models;

internal sealed class ModelStore(ICatalogue catalogue, ModelFiles stored, FileSweep sweep) : IModelStore
{
    public async Task<bool> Add(RegisteredModel model, UploadedParts parts, TimelineEvent registered, IdempotencyEntry? idempotency, CancellationToken cancellation) =>
        await WithFiles(model.Parts, parts, uploads => catalogue.Write(session => TryAdd(session, model, uploads, registered, idempotency), cancellation), cancellation);

    public async Task<IStagedFile> Stage(CancellationToken cancellation) => await stored.Stage(cancellation);

    public async Task<BaselineAdded> AddBaseline(RegisteredModel model, UploadedParts parts, TimelineEvent added, CancellationToken cancellation) =>
        await WithFiles(
            RowsOf(model), parts, uploads => catalogue.Write(session => TryAddBaseline(session, model, uploads, added), cancellation), cancellation);

    public Task<bool> CompleteBaseline(RegisteredModel model, JobCompletion completion, CancellationToken cancellation) =>
        catalogue.Write(
            async session =>
            {
                await session.TakeTime();
                if (!await ProjectRows.TakeEpoch(session, model.Project) || !await JobRows.Complete(session, completion))
                {
                    session.RollBack();
                    return false;
                }

                await ModelRows.Update(session, model);
                return true;
            },
            cancellation);

    public Task<ModelListing?> Find(ModelId id, CancellationToken cancellation) =>
        catalogue.Read(
            async session =>
            {
                var found = await session.All($"select {ModelRows.ListingColumns} from models where id = {id}", ModelRows.Read);
                return (await ModelRows.WithParts(session, found)).FirstOrDefault();
            },
            cancellation);

    public Task<Page<ModelListing>> List(ModelQuery query, PageRequest page, CancellationToken cancellation) =>
        catalogue.Read(
            async session =>
            {
                var listed = await session.Page(
                    ModelRows.ListingColumns, ModelRows.Filter(query), ModelRows.Order(query, catalogue.NumberIn), page, ModelRows.Read);
                return listed with { Items = await ModelRows.WithParts(session, listed.Items) };
            },
            cancellation);

    public async Task<ImmutableArray<string>?> Delete(ModelId id, TimelineEvent deleted, CancellationToken cancellation)
    {
        var users = await catalogue.Write(session => Delete(session, id, deleted), cancellation);
        sweep.Wake();
        return users;
    }

    public async Task<ContributionBasis?> ReadBasis(ModelId id, CancellationToken cancellation)
    {
        var stored = await catalogue.Read(session => session.First($"select contribution_basis from models where id = {id} and contribution_basis is not null", row => row.Bytes("contribution_basis")), cancellation);
        return stored is null ? null : ContributionBasis.Read(stored);
    }

    public Task<bool> Read(string sha256, Stream destination, CancellationToken cancellation) => stored.Read(sha256, destination, cancellation);

    // What a transaction finds missing, for the last model that needed it went meanwhile, is uploaded, and the transaction tried again.
    private async Task<T> WithFiles<T>(ImmutableArray<ModelPart> parts, UploadedParts files, Func<Dictionary<string, long>, Task<T?>> attempt, CancellationToken cancellation)
        where T : struct
    {
        var uploads = files.Staged.Cast<StagedFile>().DistinctBy(file => file.Sha256).ToDictionary(file => file.Sha256, file => file.Id);
        var hashes = parts.Select(part => part.Sha256).Distinct().ToArray();
        try
        {
            while (true)
            {
                await UploadMissing(hashes, files.Paths, uploads, cancellation);
                if (await attempt(uploads) is { } done)
                {
                    return done;
                }
            }
        }
        finally
        {
            if (uploads.Count > 0)
            {
                sweep.GiveUp(uploads.Values);
            }
        }
    }

    private async Task UploadMissing(
        string[] hashes, IReadOnlyDictionary<string, string> paths, Dictionary<string, long> uploads, CancellationToken cancellation)
    {
        foreach (var sha256 in hashes)
        {
            if (!uploads.ContainsKey(sha256) && await catalogue.Read(session => ModelFiles.Stored(session, sha256), cancellation) is null)
            {
                uploads[sha256] = await stored.Upload(sha256, paths[sha256], cancellation);
            }
        }
    }

    // Null when a file that was stored before has been removed meanwhile, with the last model that needed it: it is uploaded then.
    private static async Task<bool?> TryAdd(
        SqlSession session, RegisteredModel model, Dictionary<string, long> uploads, TimelineEvent registered, IdempotencyEntry? idempotency)
    {
        if (!await ProjectRows.TakeEpoch(session, model.Project))
        {
            return false;
        }

        await session.Alone(CatalogueLock.Files);
        await ModelRows.Insert(session, model);
        if (!await InsertParts(session, model, 0, model.Parts, uploads))
        {
            return null;
        }

        await InsertJob(session, model);
        await TimelineRows.Append(session, model.Project, registered);
        await IdempotencyStore.Keep(session, idempotency);
        return true;
    }

    private static async Task<BaselineAdded?> TryAddBaseline(SqlSession session, RegisteredModel model, Dictionary<string, long> uploads, TimelineEvent added)
    {
        if (!await ProjectRows.TakeEpoch(session, model.Project) || await session.Number($"select 1 from models where id = {model.Id}") is null)
        {
            session.RollBack();
            return BaselineAdded.Gone;
        }

        if (await session.Number(
            $"""
            select 1 from models where id = {model.Id} and (baseline is not null or exists (
                select 1 from jobs where model_id = {model.Id} and {JobRows.IsBaseline} and status in ('queued', 'running')))
            """) is not null)
        {
            session.RollBack();
            return BaselineAdded.HasOne;
        }

        await session.Alone(CatalogueLock.Files);
        await ModelRows.DropRows(session, $"({model.Id})");
        var next = await session.Number($"select max(position) + 1 from model_parts where model_id = {model.Id}") ?? 0;
        if (!await InsertParts(session, model, (int)next, RowsOf(model), uploads))
        {
            return null;
        }

        await ModelRows.Update(session, model);
        await InsertJob(session, model);
        await TimelineRows.Append(session, model.Project, added);
        return BaselineAdded.Added;
    }

    // False, and nothing stays, when a file is not there any more.
    private static async Task<bool> InsertParts(SqlSession session, RegisteredModel model, int position, ImmutableArray<ModelPart> parts, Dictionary<string, long> uploads)
    {
        foreach (var part in parts)
        {
            if (await Available(session, part.Sha256, uploads) is not { } file)
            {
                session.RollBack();
                return false;
            }

            await ModelRows.InsertPart(session, model.Id, position++, part, file);
        }

        return true;
    }

    private static Task InsertJob(SqlSession session, RegisteredModel model) =>
        model.BaselineJob is { } job ? JobRows.Insert(session, job) : Task.CompletedTask;

    private static ImmutableArray<ModelPart> RowsOf(RegisteredModel model) => [.. model.Parts.Where(part => part.Kind is PartKind.Baseline or PartKind.Reference)];

    private static async Task<long?> Available(SqlSession session, string sha256, Dictionary<string, long> uploads)
    {
        if (await ModelFiles.Stored(session, sha256) is { } stored)
        {
            return stored;
        }

        if (!uploads.TryGetValue(sha256, out var uploaded))
        {
            return null;
        }

        if (await ModelFiles.Publish(session, uploaded, sha256))
        {
            return uploaded;
        }

        // It took so long that the sweep gave it up.
        uploads.Remove(sha256);
        return null;
    }

    private static async Task<ImmutableArray<string>?> Delete(SqlSession session, ModelId id, TimelineEvent deleted)
    {
        var model = await session.First($"select {ModelRows.ListingColumns} from models where id = {id}", ModelRows.Read);
        if (model is null || !await ProjectRows.TakeEpoch(session, model.Model.Project))
        {
            return null;
        }

        var users = await session.All(
            $"select id, name from deployments where model_id = {id} and stage <> 'archived' order by created_us desc, id desc",
            row => $"'{row.Text("name")}' ({row.Id("id"):D})");
        if (!users.IsEmpty)
        {
            session.RollBack();
            return users;
        }

        if (await session.Execute($"delete from models where id = {id}") == 0)
        {
            // Somebody else deleted it while this waited for the project.
            session.RollBack();
            return null;
        }

        await FileSweep.RemoveUnused(session);
        await TimelineRows.Append(session, model.Model.Project, deleted);
        return users;
    }
}
