using System.Net;
using System.Net.Sockets;
using Orleans.Configuration;

namespace MlOps;

/// <summary>Composes one silo with everything embedded: HTTP, grains, ONNX Runtime, SQLite.</summary>
internal static class SiloHost
{
    /// <param name="settings">Checked settings (<see cref="SiloConfiguration"/>).</param>
    /// <param name="output">Where the owner is told the address, and once the admin key.</param>
    public static WebApplication Build(IConfiguration settings, TextWriter output)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "MlOps" });
        builder.Configuration.AddConfiguration(settings);
        builder.Logging.AddConfiguration(settings.GetSection(LogOptions.Section)).AddSimpleConsole(console => console.SingleLine = true);
        return builder.Build();
    }
}
