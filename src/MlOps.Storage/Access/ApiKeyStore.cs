using System.Data.Common;
using MlOps.Projects;
using MlOps.Sql;

namespace MlOps.Access;

internal sealed class ApiKeyStore(ICatalogue catalogue) : IApiKeyStore
{
    private static readonly Statement Columns = $"id, name, scopes, project_id, created_us, expires_us, hash";

    public Task<ApiKeySnapshot> Load(CancellationToken cancellation) =>
        catalogue.Read(
            async session =>
            {
                var epoch = await session.Number($"select epoch from api_key_epoch");
                return new ApiKeySnapshot(epoch ?? 0, await session.All($"select {Columns} from api_keys order by created_us, id", Key));
            },
            cancellation);

    public Task<Page<ApiKey>> List(ProjectId? boundTo, PageRequest page, CancellationToken cancellation)
    {
        Statement from = $"from api_keys";
        if (boundTo is { } project)
        {
            from.AppendFormatted($" where project_id = {project}");
        }

        return catalogue.Read(session => session.Page(Columns, from, $"created_us desc, id desc", page, Key), cancellation);
    }

    public Task<ApiKey?> Find(ApiKeyId id, CancellationToken cancellation) =>
        catalogue.Read(session => session.First($"select {Columns} from api_keys where id = {id}", Key), cancellation);

    public Task<long> Add(ApiKey key, IdempotencyEntry? idempotency, CancellationToken cancellation) =>
        catalogue.Write(
            async session =>
            {
                var epoch = await NextEpoch(session);
                await session.Execute(
                    $"""
                    insert into api_keys ({Columns})
                    values ({key.Id}, {key.Name}, {(long)key.Scopes}, {key.Project}, {key.CreatedAt}, {key.ExpiresAt}, {key.Hash.ToArray()})
                    """);
                await IdempotencyStore.Keep(session, idempotency);
                return epoch;
            },
            cancellation);

    public Task<long?> Remove(ApiKeyId id, CancellationToken cancellation) =>
        catalogue.Write(
            async session =>
            {
                var epoch = await NextEpoch(session);
                if (await session.Execute($"delete from api_keys where id = {id}") == 1)
                {
                    return epoch;
                }

                session.RollBack();
                return (long?)null;
            },
            cancellation);

    private static async Task<long> NextEpoch(SqlSession session) =>
        await session.Number($"update api_key_epoch set epoch = epoch + 1 returning epoch")
            ?? throw new InvalidDataException("The epoch of the keys is missing.");

    private static ApiKey Key(DbDataReader row) => new(
        new(row.Id("id")),
        row.Text("name"),
        (Scope)row.Number("scopes"),
        row.IdOrNull("project_id") is { } project ? new ProjectId(project) : null,
        row.Time("created_us"),
        row.TimeOrNull("expires_us"),
        [.. row.Bytes("hash")]);
}
