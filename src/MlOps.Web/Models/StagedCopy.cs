namespace MlOps.Models;

/// <summary>Brings a file into the catalogue while it is written, from the moment that it has turned out to be large.</summary>
/// <param name="path">Where the bytes lie that came before.</param>
/// <param name="from">Size that makes a file large.</param>
internal sealed class StagedCopy(IModelStore models, string path, long from) : IAsyncDisposable
{
    private const int BufferBytes = 1 << 20;

    private IStagedFile? staged;

    /// <param name="before">Bytes that came before these.</param>
    public async Task Append(long before, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        if (before + bytes.Length <= from)
        {
            return;
        }

        if (staged is null)
        {
            staged = await models.Stage(cancellation);
            await CatchUp(before, cancellation);
        }

        await staged.Append(bytes, cancellation);
    }

    /// <summary>The whole file in the catalogue; null when it was not large.</summary>
    public async Task<IStagedFile?> Complete(string sha256, CancellationToken cancellation)
    {
        if (staged is not null)
        {
            await staged.Complete(sha256, cancellation);
        }

        return staged;
    }

    public ValueTask DisposeAsync() => staged?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task CatchUp(long length, CancellationToken cancellation)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1);
        var buffer = new byte[BufferBytes];
        while (length > 0)
        {
            var read = await file.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, length)), cancellation);
            if (read == 0)
            {
                throw new EndOfStreamException("An upload's file is shorter than what was written to it.");
            }

            await staged!.Append(buffer.AsMemory(0, read), cancellation);
            length -= read;
        }
    }
}
