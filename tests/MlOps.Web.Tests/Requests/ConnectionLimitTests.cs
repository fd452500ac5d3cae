using System.Net.Sockets;
using System.Text;
using Xunit;

namespace MlOps.Tests.Requests;

/// <summary>A silo that keeps two connections.</summary>
public sealed class ConnectionLimitTests(ConnectionLimitTests.TwoConnections silo) : IClassFixture<ConnectionLimitTests.TwoConnections>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ConnectionOverTheMost_IsClosedUnansweredAndThereIsRoomAgainWhenOneEnds()
    {
        using var first = await Connect();
        using var second = await Connect();
        Assert.Equal("HTTP/1.1 200", await Ask(first));
        Assert.Equal("HTTP/1.1 200", await Ask(second));

        using (var third = await Connect())
        {
            Assert.Equal("", await Ask(third));
        }

        second.Dispose();

        // The server learns of the end a little later.
        while (true)
        {
            using var next = await Connect();
            if (await Ask(next) == "HTTP/1.1 200")
            {
                break;
            }
        }
    }

    private async Task<TcpClient> Connect()
    {
        var client = new TcpClient();
        await client.ConnectAsync(silo.Address.Host, silo.Address.Port, Cancellation);
        return client;
    }

    /// <summary>The beginning of the answer; nothing, when the connection was closed.</summary>
    private static async Task<string> Ask(TcpClient client)
    {
        try
        {
            var stream = client.GetStream();
            await stream.WriteAsync("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(), Cancellation);
            var answer = new byte[16 << 10];
            var read = await stream.ReadAsync(answer, Cancellation);
            return Encoding.ASCII.GetString(answer, 0, Math.Min(12, read));
        }
        catch (IOException)
        {
            return "";
        }
    }

    public sealed class TwoConnections : RunningSilo
    {
        protected override IEnumerable<KeyValuePair<string, string?>> Settings => [new("Http:MaxConnections", "2")];
    }
}
