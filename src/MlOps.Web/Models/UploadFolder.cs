using System.Security.Cryptography;

namespace MlOps.Models;

/// <summary>The files of one upload, hashed while they are written; gone when it is disposed of.</summary>
internal sealed class UploadFolder : IDisposable
{
    private const int BufferBytes = 128 * 1024;

    private readonly string path;
    private int count;

    public UploadFolder(DataFolder data, DateTimeOffset now)
    {
        path = Path.Combine(data.Uploads, $"model-{Guid.CreateVersion7(now):N}");
        Directory.CreateDirectory(path);
    }

    /// <summary>Writes a part to a file with a name of ours.</summary>
    /// <param name="read">Reads the part, as <see cref="Stream.ReadAsync(Memory{byte}, CancellationToken)"/> does.</param>
    /// <param name="admit">Told the size after each piece; refuses by throwing.</param>
    public async Task<UploadedFile> Write(
        string part, string fileName, Func<Memory<byte>, CancellationToken, ValueTask<int>> read, Action<long> admit, CancellationToken cancellation)
    {
        var target = Path.Combine(path, $"{count++}.part");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var file = new FileStream(target, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: false);
        var buffer = new byte[BufferBytes];
        var size = 0L;
        while (await read(buffer, cancellation) is > 0 and var came)
        {
            size += came;
            admit(size);
            hash.AppendData(buffer, 0, came);
            await file.WriteAsync(buffer.AsMemory(0, came), cancellation);
        }

        return new UploadedFile(part, fileName, target, Convert.ToHexStringLower(hash.GetHashAndReset()), size);
    }

    public void Dispose() => Directory.Delete(path, recursive: true);
}
