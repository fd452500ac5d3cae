using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Xunit;

namespace MlOps.Tests.Errors;

/// <summary>Requests that no HTTP library sends and the server lets pass: their refusals are problems like all others. What the server refuses itself has no body.</summary>
public sealed class OddRequestsTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("CONNECT other.example:443", 404, "not_found", "nothing at this path")]
    [InlineData("OPTIONS *", 404, "not_found", "nothing at this path")]
    [InlineData("GET http://localhost/nothing", 404, "not_found", "nothing at '/nothing'")]
    [InlineData("GET /%zz", 404, "not_found", "nothing at '/%zz'")]
    [InlineData("GET /%ff%c0%af", 404, "not_found", "nothing at")]
    [InlineData("GET /..\\..\\etc", 404, "not_found", "nothing at")]
    [InlineData("GET /../../etc", 404, "not_found", "nothing at '/etc'")]
    [InlineData("FOO /health/live", 405, "method_not_allowed", "it takes GET, HEAD")]
    [InlineData("TRACE /health/live", 405, "method_not_allowed", "it takes GET, HEAD")]
    [InlineData("POST /api/projects", 400, "malformed_body", "not framed as HTTP says", "Transfer-Encoding: chunked", "zz\r\n")]
    [InlineData("POST /api/projects", 400, "malformed_body", "not framed as HTTP says", "Transfer-Encoding: chunked", "2\r\n{}junk\r\n")]
    public async Task RefusalOfOddRequest_IsAProblem(string line, int status, string code, string detail, string header = "X-Nothing: 0", string body = "")
    {
        var host = line.StartsWith("CONNECT ", StringComparison.Ordinal) ? line[8..] : "localhost";
        var (head, text) = await Answer(
            $"{line} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {silo.AdminKey}\r\nContent-Type: application/json\r\nConnection: close\r\n{header}\r\n\r\n{body}");

        Assert.StartsWith($"HTTP/1.1 {status} ", head, StringComparison.Ordinal);
        Assert.Contains("\r\nContent-Type: application/problem+json", head, StringComparison.Ordinal);
        var problem = JsonSerializer.Deserialize<JsonElement>(text);
        Assert.Equal((status, code), (problem.GetProperty("status").GetInt32(), problem.Text("code")));
        Assert.Contains(detail, problem.Text("detail"), StringComparison.Ordinal);
    }

    private async Task<(string Head, string Body)> Answer(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(silo.Address.Host, silo.Address.Port, Cancellation);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), Cancellation);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var answer = await reader.ReadToEndAsync(Cancellation);
        var end = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return (answer[..end], answer[(end + 4)..]);
    }
}
