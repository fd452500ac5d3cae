using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace MlOps.Tests.Postgres;

/// <summary>A loopback port before the server that a test can make go away and come back: cut, it closes what is open and whatever comes.</summary>
internal sealed class CuttableProxy : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Socket, bool> open = new();
    private readonly string host;
    private readonly int port;
    private volatile bool cut;
    private int refused;

    /// <param name="connectionString">Where it leads to.</param>
    public CuttableProxy(string connectionString)
    {
        var target = new NpgsqlConnectionStringBuilder(connectionString);
        (host, port) = (target.Host!, target.Port);
        listener.Start();
        target.Host = "127.0.0.1";
        target.Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        ConnectionString = target.ConnectionString;
        _ = Accept();
    }

    /// <summary>The way through here.</summary>
    public string ConnectionString { get; }

    /// <summary>Connections that came while it was cut.</summary>
    public int Refused => Volatile.Read(ref refused);

    public void Cut()
    {
        cut = true;
        foreach (var socket in open.Keys)
        {
            socket.Close(0);
        }
    }

    public void Restore() => cut = false;

    public void Dispose()
    {
        Cut();
        listener.Dispose();
    }

    private async Task Accept()
    {
        try
        {
            while (true)
            {
                _ = Serve(await listener.AcceptSocketAsync());
            }
        }
        catch (Exception over) when (over is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task Serve(Socket client)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using (client)
        {
            try
            {
                if (cut)
                {
                    Interlocked.Increment(ref refused);
                    return;
                }

                open[client] = open[server] = true;
                await server.ConnectAsync(host, port);
                await Task.WhenAny(Copy(client, server), Copy(server, client));
            }
            catch (Exception over) when (over is SocketException or ObjectDisposedException)
            {
                // One of the two has gone; the other goes with it.
            }
            finally
            {
                open.TryRemove(client, out _);
                open.TryRemove(server, out _);
            }
        }
    }

    private static async Task Copy(Socket from, Socket to)
    {
        var buffer = new byte[1 << 16];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var came)
            {
                await to.SendAsync(buffer.AsMemory(0, came));
            }
        }
        catch (Exception over) when (over is SocketException or ObjectDisposedException)
        {
            // As above.
        }
    }
}
