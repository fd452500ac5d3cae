using System.Collections.Immutable;
using MlOps.Projects;
using MlOps.Sql;

namespace MlOps.Models;

internal sealed class ModelStore(ICatalogue catalogue, ModelFiles stored, FileSweep sweep) : IModelStore
{
    public async Task<bool> Add(
        RegisteredModel model, IReadOnlyDictionary<string, string> files, TimelineEvent registered, IdempotencyEntry? idempotency, CancellationToken cancellation)
    {
        var uploads = new Dictionary<string, long>();
        var hashes = model.Parts.Select(part => part.Sha256).Distinct().ToArray();
        try
        {
            while (true)
            {
                await UploadMissing(hashes, files, uploads, cancellation);
                if (await catalogue.Write(session => TryAdd(session, model, uploads, registered, idempotency), cancellation) is { } added)
                {
                    return added;
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

    public Task<bool> Read(string sha256, Stream destination, CancellationToken cancellation) => stored.Read(sha256, destination, cancellation);

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
        for (var position = 0; position < model.Parts.Length; position++)
        {
            var part = model.Parts[position];
            if (await Available(session, part.Sha256, uploads) is not { } file)
            {
                session.RollBack();
                return null;
            }

            await ModelRows.InsertPart(session, model.Id, position, part, file);
        }

        await TimelineRows.Append(session, model.Project, registered);
        await IdempotencyStore.Keep(session, idempotency);
        return true;
    }

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

        if (!await ModelFiles.Publish(session, uploaded))
        {
            // It took so long that the sweep gave it up.
            uploads.Remove(sha256);
            return null;
        }

        return uploaded;
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
