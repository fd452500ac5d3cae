using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace MlOps.Tests.Clients;

/// <summary>Requests sent byte for byte as a client writes them: HttpClient would not send a content type without a body.</summary>
internal static class RawHttp
{
    /// <param name="headers">In their order, Host and Content-Length included where the client sends them.</param>
    public static async Task<(int Status, JsonElement Body)> Send(Uri server, string method, string path, IEnumerable<(string Name, string Value)> headers, byte[]? body)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(server.Host, server.Port);
        await using var stream = socket.GetStream();
        var head = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{method} {path} HTTP/1.1\r\n");
        foreach (var (name, value) in headers)
        {
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        await stream.WriteAsync(Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()));
        await stream.WriteAsync(body ?? []);
        return await Read(stream);
    }

    private static async Task<(int Status, JsonElement Body)> Read(NetworkStream stream)
    {
        var (status, length, chunked) = (0, 0, false);
        for (var line = await Line(stream); line.Length > 0; line = await Line(stream))
        {
            if (status == 0)
            {
                status = int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
            }
            else if (line.StartsWith("content-length:", StringComparison.OrdinalIgnoreCase))
            {
                length = int.Parse(line.AsSpan(15), CultureInfo.InvariantCulture);
            }
            else if (line.StartsWith("transfer-encoding: chunked", StringComparison.OrdinalIgnoreCase))
            {
                chunked = true;
            }
        }

        using var body = new MemoryStream();
        do
        {
            if (chunked)
            {
                length = int.Parse(await Line(stream), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            }

            var part = new byte[length];
            await stream.ReadExactlyAsync(part);
            body.Write(part);
            if (chunked)
            {
                await Line(stream);
            }
        }
        while (chunked && length > 0);

        return (status, body.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(body.ToArray()));
    }

    private static async Task<string> Line(NetworkStream stream)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (await stream.ReadAsync(one) == 1 && one[0] != '\n')
        {
            line.Append((char)one[0]);
        }

        return line.ToString().TrimEnd('\r');
    }
}
