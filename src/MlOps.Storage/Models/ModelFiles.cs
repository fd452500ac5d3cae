using System.Security.Cryptography;
using MlOps.Sql;

namespace MlOps.Models;

/// <summary>
/// Files in chunks, each stored once. One is <c>uploading</c> until the transaction of its model makes it <c>stored</c>, and
/// <c>removed</c> when no model needs it any more; <see cref="FileSweep"/> takes those away.
/// </summary>
internal sealed class ModelFiles(ICatalogue catalogue, FileSweep sweep, TimeProvider time)
{
    /// <summary>Bytes of a chunk: a write that other changes can wait for.</summary>
    public const int ChunkBytes = 1 << 20;

    /// <summary>Brings a local file into the database, chunk by chunk; answers the number of the row that nobody refers to yet.</summary>
    /// <exception cref="InvalidDataException">The file has another hash.</exception>
    public async Task<long> Upload(string sha256, string path, CancellationToken cancellation)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous | FileOptions.SequentialScan);
        var id = await catalogue.Write(
            session => session.Number(
                $"insert into files (sha256, size, state, created_us) values ({sha256}, 0, 'uploading', {time.GetUtcNow()}) returning id"),
            cancellation) ?? throw new InvalidDataException("A file got no number.");
        try
        {
            await Copy(id, sha256, file, cancellation);
            return id;
        }
        catch
        {
            sweep.GiveUp([id]);
            throw;
        }
    }

    public static async Task<long?> Stored(SqlSession session, string sha256) =>
        await session.Number($"select id from files where sha256 = {sha256} and state = 'stored'");

    /// <summary>Makes an upload the stored file of its hash; false when it has been given up meanwhile; its number may be another one's then.</summary>
    public static async Task<bool> Publish(SqlSession session, long id, string sha256) =>
        await session.Execute($"update files set state = 'stored' where id = {id} and sha256 = {sha256} and state = 'uploading'") == 1;

    /// <summary>Begins a file that comes in pieces.</summary>
    public async Task<StagedFile> Stage(CancellationToken cancellation) =>
        new(
            await catalogue.Write(
                session => session.Number($"insert into files (sha256, size, state, created_us) values ('', 0, 'uploading', {time.GetUtcNow()}) returning id"),
                cancellation) ?? throw new InvalidDataException("A file got no number."),
            sweep,
            catalogue,
            time);

    /// <exception cref="InvalidDataException">The bytes are not those of the hash, or were removed meanwhile; what has been written is worthless.</exception>
    public async Task<bool> Read(string sha256, Stream destination, CancellationToken cancellation)
    {
        var id = await catalogue.Read(session => Stored(session, sha256), cancellation);
        if (id is null)
        {
            return false;
        }

        // A chunk that is not full is the last: most files are one, and one statement less.
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var full = true;
        for (var number = 0L; full; number++)
        {
            var at = number;
            var chunk = await catalogue.Read(
                session => session.First($"select bytes from file_chunks where file_id = {id} and number = {at}", row => row.Bytes("bytes")),
                cancellation);
            if (chunk is null)
            {
                break;
            }

            hash.AppendData(chunk);
            await destination.WriteAsync(chunk, cancellation);
            full = chunk.Length == ChunkBytes;
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset()) == sha256
            ? true
            : throw new InvalidDataException($"The stored file {sha256} is damaged, or was removed while it was read.");
    }

    private async Task Copy(long id, string sha256, FileStream file, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[ChunkBytes];
        var number = 0;
        int read;
        while ((read = await file.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation)) > 0)
        {
            hash.AppendData(buffer, 0, read);
            var (at, bytes) = (number++, read == buffer.Length ? buffer : buffer[..read]);
            await catalogue.Write(
                async session =>
                {
                    await session.Execute($"insert into file_chunks (file_id, number, bytes) values ({id}, {at}, {bytes})");
                    return await session.Execute($"update files set size = size + {bytes.Length} where id = {id}");
                },
                cancellation);
        }

        if (Convert.ToHexStringLower(hash.GetHashAndReset()) != sha256)
        {
            throw new InvalidDataException($"The file to be stored as {sha256} has another hash.");
        }
    }
}
