using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using MlOps.Access;

namespace MlOps.Requests;

/// <summary>Recognises repeated requests by their Idempotency-Key. In this process a repeat waits until the first one is answered.</summary>
internal sealed class IdempotentCalls(IIdempotencyStore store, TimeProvider time)
{
    public const string Header = "Idempotency-Key";
    private const int LongestKey = 255;

    private readonly ConcurrentDictionary<IdempotencyKey, Turn> turns = new();

    /// <summary>Whether the call names a key under which it may have come before.</summary>
    public static bool MayRepeat(HttpContext context) => context.Request.Headers.ContainsKey(Header);

    /// <summary>Begins a call; dispose of it when it is answered. Without the header nothing is remembered.</summary>
    /// <param name="content">What else makes the request the same one: its body, or the hashes of its parts.</param>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.ValidationFailed"/> for a key that is none.</exception>
    public async Task<IdempotentCall> Begin(HttpContext context, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        if (!context.Request.Headers.TryGetValue(Header, out var values))
        {
            return new IdempotentCall(null, null, null);
        }

        var text = values.ToString();
        if (values.Count != 1 || text.Length is 0 or > LongestKey || text.Any(c => c is < ' ' or > '~'))
        {
            var detail = $"The header {Header} must have 1 to {LongestKey} printable ASCII characters.";
            throw new MlOpsException(ErrorCode.ValidationFailed, detail, [new Fault(Header, detail)]);
        }

        var path = context.Request.Path.Value!.TrimEnd('/').ToLowerInvariant();
        var key = new IdempotencyKey(context.Caller().Key, path, text);
        var entry = new IdempotencyEntry(key, Hash(context.Request, path, content.Span), "", time.GetUtcNow());
        return new IdempotentCall(entry, store, await Enter(key, cancellation));
    }

    private static string Hash(HttpRequest request, string path, ReadOnlySpan<byte> content)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (var text in new[] { request.Method, path, request.QueryString.Value ?? "" })
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        hash.AppendData(content);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private async Task<IDisposable> Enter(IdempotencyKey key, CancellationToken cancellation)
    {
        Turn turn;
        while (true)
        {
            turn = turns.GetOrAdd(key, static (key, turns) => new Turn(key, turns), turns);
            if (turn.TryJoin())
            {
                break;
            }
        }

        try
        {
            await turn.Wait(cancellation);
            return turn;
        }
        catch
        {
            turn.Leave();
            throw;
        }
    }

    /// <summary>The queue of the calls under one key; it is forgotten with its last call.</summary>
    private sealed class Turn(IdempotencyKey key, ConcurrentDictionary<IdempotencyKey, Turn> turns) : IDisposable
    {
        private readonly SemaphoreSlim free = new(1, 1);
        private readonly Lock gate = new();
        private int calls;
        private bool forgotten;

        public bool TryJoin()
        {
            lock (gate)
            {
                calls += forgotten ? 0 : 1;
                return !forgotten;
            }
        }

        public Task Wait(CancellationToken cancellation) => free.WaitAsync(cancellation);

        public void Leave()
        {
            lock (gate)
            {
                calls--;
                forgotten = calls == 0;
                if (forgotten)
                {
                    turns.TryRemove(KeyValuePair.Create(key, this));
                }
            }
        }

        public void Dispose()
        {
            free.Release();
            Leave();
        }
    }
}
