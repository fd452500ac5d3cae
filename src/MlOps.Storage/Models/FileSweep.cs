using System.Collections.Concurrent;
using System.Threading.Channels;
using MlOps.Sql;

namespace MlOps.Models;

/// <summary>Takes away the bytes of removed files, a chunk at a time, so that no change waits long for it.</summary>
internal sealed class FileSweep(ICatalogue catalogue, TimeProvider time)
{
    /// <summary>An upload that is not finished by then never will be: its process died.</summary>
    public static readonly TimeSpan LongestUpload = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<long, bool> givenUp = new();
    private readonly Channel<bool> wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Tells that there may be something to take away.</summary>
    public void Wake() => wake.Writer.TryWrite(true);

    /// <summary>Uploads of this process that no model takes any more. Not written here and now: a full disk, which may be the reason, would refuse it.</summary>
    public void GiveUp(IEnumerable<long> uploads)
    {
        foreach (var id in uploads)
        {
            givenUp[id] = true;
        }

        Wake();
    }

    /// <summary>Answers when <see cref="Wake"/> has been called since the last time.</summary>
    public async Task Woken(CancellationToken cancellation) => await wake.Reader.ReadAsync(cancellation);

    /// <summary>Within the transaction that deletes models: from now on their files are not found.</summary>
    public static async Task RemoveUnused(SqlSession session)
    {
        await session.Alone(CatalogueLock.Files);
        await session.Execute(
            $"""
            update files set state = 'removed'
            where state = 'stored' and not exists (select 1 from model_parts where file_id = files.id)
            """);
    }

    public async Task Sweep(CancellationToken cancellation)
    {
        var oldest = time.GetUtcNow() - LongestUpload;
        var ids = givenUp.Keys.ToArray();
        await catalogue.Write(
            session => session.Execute($"update files set state = 'removed' where state = 'uploading' and (created_us < {oldest} or id in ({List(ids)}))"),
            cancellation);
        foreach (var id in ids)
        {
            givenUp.TryRemove(id, out _);
        }

        while (await catalogue.Write(Step, cancellation))
        {
            cancellation.ThrowIfCancellationRequested();
        }
    }

    private static Statement List(long[] ids) => ids.Length == 0 ? $"null" : Statement.Join($", ", ids.Select(id => (Statement)$"{id}"));

    private async Task<bool> Step(SqlSession session)
    {
        await session.Alone(CatalogueLock.Sweep);
        if (await session.Number($"select min(id) from files where state = 'removed'") is not { } id)
        {
            return false;
        }

        var chunks = await session.Execute(
            $"""
            delete from file_chunks where file_id = {id}
                and number = (select min(number) from file_chunks where file_id = {id})
            """);
        if (chunks == 0)
        {
            await session.Execute($"delete from files where id = {id}");
        }

        if (catalogue.Reclaim is { } reclaim)
        {
            await session.Execute(reclaim);
        }

        return true;
    }
}
