using MlOps.Sql;

namespace MlOps.Models;

/// <summary>A file that is written to the catalogue while it comes, chunk by chunk, and belongs to nobody until a model takes it.</summary>
internal sealed class StagedFile(long id, FileSweep sweep, ICatalogue catalogue, TimeProvider time) : IStagedFile
{
    private readonly byte[] chunk = new byte[ModelFiles.ChunkBytes];
    private int filled;
    private int number;

    /// <summary>The row of it.</summary>
    public long Id => id;

    public string Sha256 { get; private set; } = "";

    public async Task Append(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        while (!bytes.IsEmpty)
        {
            var part = bytes[..Math.Min(bytes.Length, chunk.Length - filled)];
            part.CopyTo(chunk.AsMemory(filled));
            filled += part.Length;
            bytes = bytes[part.Length..];
            if (filled == chunk.Length)
            {
                await Write(cancellation);
            }
        }
    }

    public async Task Complete(string sha256, CancellationToken cancellation)
    {
        if (filled > 0)
        {
            await Write(cancellation);
        }

        await catalogue.Write(session => session.Execute($"update files set sha256 = {sha256} where id = {id} and state = 'uploading'"), cancellation);
        Sha256 = sha256;
    }

    public ValueTask DisposeAsync()
    {
        sweep.GiveUp([id]);
        return ValueTask.CompletedTask;
    }

    // The time is that of the last chunk: a slow upload is no dead one.
    private async Task Write(CancellationToken cancellation)
    {
        var (at, bytes, now) = (number++, filled == chunk.Length ? chunk : chunk[..filled], time.GetUtcNow());
        await catalogue.Write(
            async session =>
            {
                await session.Execute($"insert into file_chunks (file_id, number, bytes) values ({id}, {at}, {bytes})");
                return await session.Execute($"update files set size = size + {bytes.Length}, created_us = {now} where id = {id}");
            },
            cancellation);
        filled = 0;
    }
}
