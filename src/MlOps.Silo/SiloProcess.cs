using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using MlOps.Demo;

namespace MlOps;

/// <summary>The serving process, from settings to exit code.</summary>
internal static class SiloProcess
{
    /// <summary>Serves until SIGTERM or Ctrl+C. Answers 0, or 1 when it cannot start, with the reason on standard error.</summary>
    public static async Task<int> Run(bool demo)
    {
        try
        {
            await using var app = SiloHost.Build(SiloConfiguration.Load(), Console.Out);
            await app.StartAsync();
            if (demo)
            {
                var (services, stopping) = (app.Services, app.Lifetime.ApplicationStopping);
                await DemoSeed.Run(
                    new Uri(Announcement.Address(app)), services.GetRequiredService<AdminKey>().Value, services.GetRequiredService<DataFolder>(), Console.Out, stopping);
            }

            await app.WaitForShutdownAsync();
            return 0;
        }
        catch (Exception refused) when (refused is SettingsException or OptionsValidationException or StorageStartException or IOException { InnerException: AddressInUseException })
        {
            await Console.Error.WriteLineAsync("MlOps cannot start: " + refused.Message);
            return 1;
        }
    }
}
