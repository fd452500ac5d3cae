using MlOps.Sql;

namespace MlOps;

internal sealed class IdempotencyStore(ICatalogue catalogue, TimeProvider time) : IIdempotencyStore
{
    /// <summary>How long a first answer is given again.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    // Few enough rows that a change waits no longer for a purge than for another change.
    private const int PurgedAtOnce = 500;

    public Task<IdempotencyEntry?> Find(IdempotencyKey key, CancellationToken cancellation) =>
        catalogue.Read(session => Find(session, key, time.GetUtcNow() - Kept), cancellation);

    public async Task Purge(DateTimeOffset before, CancellationToken cancellation)
    {
        int removed;
        do
        {
            removed = await catalogue.Write(
                session => session.Execute(
                    $"""
                    delete from idempotency where (caller, path, key) in
                        (select caller, path, key from idempotency where created_us < {before} limit {PurgedAtOnce})
                    """),
                cancellation);
        }
        while (removed == PurgedAtOnce);
    }

    /// <summary>Keeps the answer in the transaction of its change, in the place of one that is too old.</summary>
    /// <exception cref="MlOpsException">Another request has been answered under this key meanwhile.</exception>
    public static async Task Keep(SqlSession session, IdempotencyEntry? entry)
    {
        if (entry is null)
        {
            return;
        }

        var oldest = entry.CreatedAt - Kept;
        var kept = await session.Execute(
            $"""
            insert into idempotency (caller, path, key, request_hash, outcome, created_us)
            values ({entry.Key.Caller}, {entry.Key.Path}, {entry.Key.Key}, {entry.RequestHash}, {entry.Outcome}, {entry.CreatedAt})
            on conflict (caller, path, key) do update
            set request_hash = excluded.request_hash, outcome = excluded.outcome, created_us = excluded.created_us
            where idempotency.created_us <= {oldest}
            """);
        if (kept == 0)
        {
            var first = await Find(session, entry.Key, oldest);
            throw first?.RequestHash == entry.RequestHash
                ? new MlOpsException(ErrorCode.Busy, "The same request has just been answered under this Idempotency-Key. Send it again to get that answer.")
                : new MlOpsException(
                    ErrorCode.IdempotencyKeyReused,
                    "This Idempotency-Key came with another request within the last 24 hours. Use a new key for a new request.");
        }
    }

    private static Task<IdempotencyEntry?> Find(SqlSession session, IdempotencyKey key, DateTimeOffset after) =>
        session.First(
            $"""
            select request_hash, outcome, created_us from idempotency
            where caller = {key.Caller} and path = {key.Path} and key = {key.Key} and created_us > {after}
            """,
            row => new IdempotencyEntry(key, row.Text("request_hash"), row.Text("outcome"), row.Time("created_us")));
}
