using System.Security.Cryptography;

namespace MlOps.Models;

/// <summary>The files of one upload, hashed while they are written; gone when it is disposed of.</summary>
internal sealed class UploadFolder : IAsyncDisposable
{
    private const int BufferBytes = 128 * 1024;

    private readonly string path;
    private readonly IModelStore? staging;
    private readonly long stagedFrom;
    private readonly List<StagedCopy> copies = [];
    private int count;

    /// <param name="staging">Where larger files are brought while they come, so that none has to be copied before the answer; null leaves them here.</param>
    /// <param name="stagedFrom">Bytes from which on a file is.</param>
    public UploadFolder(DataFolder data, DateTimeOffset now, IModelStore? staging, long stagedFrom)
    {
        (this.staging, this.stagedFrom) = (staging, stagedFrom);
        path = System.IO.Path.Combine(data.Uploads, $"model-{Guid.CreateVersion7(now):N}");
        Directory.CreateDirectory(path);
    }

    /// <summary>A path in the folder, for files that are fetched beside those that came.</summary>
    public string Path(string name) => System.IO.Path.Combine(path, name);

    /// <summary>Writes a part to a file with a name of ours.</summary>
    /// <param name="read">Reads the part, as <see cref="Stream.ReadAsync(Memory{byte}, CancellationToken)"/> does.</param>
    /// <param name="admit">Told the size after each piece; refuses by throwing.</param>
    public async Task<UploadedFile> Write(
        string part, string fileName, Func<Memory<byte>, CancellationToken, ValueTask<int>> read, Action<long> admit, CancellationToken cancellation)
    {
        var target = Path($"{count++}.part");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var file = new FileStream(target, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0, useAsync: false);
        var copy = staging is null ? null : new StagedCopy(staging, target, stagedFrom);
        if (copy is not null)
        {
            copies.Add(copy);
        }

        var buffer = new byte[BufferBytes];
        var size = 0L;
        while (await read(buffer, cancellation) is > 0 and var came)
        {
            admit(size + came);
            hash.AppendData(buffer, 0, came);
            await file.WriteAsync(buffer.AsMemory(0, came), cancellation);
            if (copy is not null)
            {
                await copy.Append(size, buffer.AsMemory(0, came), cancellation);
            }

            size += came;
        }

        var sha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
        return new UploadedFile(part, fileName, target, sha256, size, copy is null ? null : await copy.Complete(sha256, cancellation));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var copy in copies)
        {
            await copy.DisposeAsync();
        }

        Directory.Delete(path, recursive: true);
    }
}
