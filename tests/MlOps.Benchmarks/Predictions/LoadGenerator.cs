using System.Diagnostics;
using System.Net.Sockets;

namespace MlOps.Benchmarks.Predictions;

/// <summary>Sends prepared bytes over kept connections, one request after the other on each, and times the answers.</summary>
internal static class LoadGenerator
{
    /// <param name="request">A whole HTTP request.</param>
    /// <returns>Latencies in microseconds, unsorted.</returns>
    public static async Task<List<double>> Run(Uri server, byte[] request, int connections, TimeSpan duration)
    {
        var until = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        var all = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(() => Connection(server, request, until))));
        return [.. all.SelectMany(latencies => latencies)];
    }

    private static async Task<List<double>> Connection(Uri server, byte[] request, long until)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.Host, server.Port);
        var answer = new byte[64 << 10];
        var latencies = new List<double>(1 << 16);
        while (true)
        {
            var started = Stopwatch.GetTimestamp();
            if (started >= until)
            {
                return latencies;
            }

            await socket.SendAsync(request);
            await Receive(socket, answer);
            latencies.Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds);
        }
    }

    private static async ValueTask Receive(Socket socket, byte[] answer)
    {
        var (held, length) = (0, int.MaxValue);
        while (held < length)
        {
            var read = await socket.ReceiveAsync(answer.AsMemory(held));
            if (read == 0)
            {
                throw new InvalidOperationException("The server closed the connection.");
            }

            held += read;
            if (length == int.MaxValue)
            {
                length = Length(answer.AsSpan(0, held));
            }
        }
    }

    // Head and body together; both servers tell the length.
    private static int Length(ReadOnlySpan<byte> answer)
    {
        var end = answer.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return int.MaxValue;
        }

        if (!answer.StartsWith("HTTP/1.1 200"u8))
        {
            throw new InvalidOperationException(System.Text.Encoding.UTF8.GetString(answer));
        }

        var at = answer.IndexOf("Content-Length: "u8) + 16;
        return System.Buffers.Text.Utf8Parser.TryParse(answer[at..], out int body, out _) ? end + 4 + body : throw new InvalidOperationException("The answer tells no length.");
    }
}
