using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace MlOps;

/// <summary>How a silo finds others, or does without.</summary>
internal static class SiloPlacement
{
    private const string Name = "mlops";

    /// <summary>One silo alone: nobody else has to find it, so any free port will do but that of <see cref="HttpOptions.Url"/>, which is bound later.</summary>
    public static ISiloBuilder PlaceAlone(this ISiloBuilder silo, string? httpUrl)
    {
        int port;
        do
        {
            port = FreePort();
        }
        while (httpUrl?.TrimEnd('/').EndsWith($":{port}", StringComparison.Ordinal) == true);
        return silo.UseLocalhostClustering(port, gatewayPort: 0);
    }

    /// <summary>A silo of the cluster that shares a database, at the address of <see cref="ClusterOptions"/>.</summary>
    public static ISiloBuilder PlaceInCluster(this ISiloBuilder silo)
    {
        silo.Configure<Orleans.Configuration.ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (Name, Name));
        silo.Services.AddOptions<EndpointOptions>().Configure<IOptions<ClusterOptions>>((endpoint, place) =>
        {
            endpoint.AdvertisedIPAddress = IPAddress.Parse(place.Value.Address);
            endpoint.SiloPort = place.Value.SiloPort;
            endpoint.GatewayPort = place.Value.GatewayPort;
        });
        silo.Configure<ClusterMembershipOptions>(membership =>
        {
            // A silo that is killed is found dead within seconds. One whose row says alive for 15 s after its last sign is not waited for.
            membership.ProbeTimeout = TimeSpan.FromSeconds(1);
            membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
            membership.NumMissedTableIAmAliveLimit = 3;
            membership.TableRefreshTimeout = TimeSpan.FromSeconds(15);
            membership.DefunctSiloExpiration = TimeSpan.FromDays(1);
        });
        return silo.UseMlOpsMembership();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
