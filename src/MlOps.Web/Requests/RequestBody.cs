using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace MlOps.Requests;

/// <summary>
/// A request's whole body in memory: in the connection's own buffer where it came in one piece, else in a pooled one. Dispose it after use.
/// </summary>
internal readonly struct RequestBody : IDisposable
{
    private const int FirstSize = 16 * 1024;

    private readonly PipeReader? reader;
    private readonly SequencePosition end;
    private readonly byte[]? rented;

    private RequestBody(PipeReader reader, ReadOnlySequence<byte> whole)
    {
        this.reader = reader;
        end = whole.End;
        Bytes = whole.First;
    }

    private RequestBody(byte[] rented, int length)
    {
        this.rented = rented;
        Bytes = rented.AsMemory(0, length);
    }

    public ReadOnlyMemory<byte> Bytes { get; }

    /// <param name="limit">Most bytes; more is refused.</param>
    /// <param name="growing">Told how many more bytes of memory the body is about to take; may refuse by throwing.</param>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.BodyTooLarge"/>.</exception>
    public static async ValueTask<RequestBody> Read(HttpContext context, long limit, Action<long>? growing = null)
    {
        var length = context.Request.ContentLength;
        if (length > limit)
        {
            throw TooLarge(limit);
        }

        var reader = context.Request.BodyReader;
        var result = await reader.ReadAsync(context.RequestAborted);
        if (result.IsCompleted && result.Buffer.IsSingleSegment && result.Buffer.Length <= limit)
        {
            return new(reader, result.Buffer);
        }

        return await Gather(reader, result, length, limit, growing, context.RequestAborted);
    }

    public void Dispose()
    {
        reader?.AdvanceTo(end);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Refuses a body that is compressed: its limits are about what it holds, and nobody here unpacks it.</summary>
    public static void RefuseEncoded(HttpRequest request)
    {
        if (request.Headers.ContentEncoding is { Count: > 0 } encoding && !encoding.ToString().Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            throw new MlOpsException(ErrorCode.UnsupportedMediaType, "Send the body as it is, without the header Content-Encoding: compressed bodies are not taken.");
        }
    }

    public static MlOpsException TooLarge(long limit) => new(ErrorCode.BodyTooLarge, $"The body has more than {limit} bytes, which is the most that is taken here.");

    private static async ValueTask<RequestBody> Gather(
        PipeReader reader, ReadResult result, long? length, long limit, Action<long>? growing, CancellationToken cancellation)
    {
        byte[] rented = [];
        var count = 0;
        try
        {
            rented = Rent((int)(length ?? Math.Min(FirstSize, limit)), 0, growing);
            while (true)
            {
                var came = result.Buffer.Length;
                if (count + came > limit)
                {
                    throw TooLarge(limit);
                }

                if (count + came > rented.Length)
                {
                    var larger = Rent((int)Math.Min(limit, Math.Max(count + came, rented.Length * 2L)), rented.Length, growing);
                    rented.AsSpan(0, count).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(rented);
                    rented = larger;
                }

                result.Buffer.CopyTo(rented.AsSpan(count));
                count += (int)came;
                reader.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    return new(rented, count);
                }

                result = await reader.ReadAsync(cancellation);
            }
        }
        catch (MlOpsException)
        {
            // What has come counts as read, so that the server can read the rest away and keep the connection.
            reader.AdvanceTo(result.Buffer.End);
            ArrayPool<byte>.Shared.Return(rented);
            throw;
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(rented);
            throw;
        }
    }

    private static byte[] Rent(int size, int before, Action<long>? growing)
    {
        growing?.Invoke(size - before);
        return ArrayPool<byte>.Shared.Rent(size);
    }
}
