using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using MlOps.Demo;

namespace MlOps;

/// <summary>The serving process, from settings to exit code.</summary>
internal static class SiloProcess
{
    /// <summary>Serves until SIGTERM or Ctrl+C. Answers 0, or 1 when it cannot start, with the reason on standard error.</summary>
    public static Task<int> Run(bool demo) => Told("MlOps cannot start", () => Serve(demo));

    /// <summary>The command <c>migrate</c>. Answers 0, or 1 with the reason on standard error.</summary>
    public static Task<int> Migrate(bool restored) => Told(
        "MlOps cannot migrate",
        async () => await Console.Out.WriteLineAsync(await SiloConfiguration.Load().MigrateMlOpsStorage(CancellationToken.None, restored)));

    /// <summary>The command <c>drain</c>. Answers 0, or 1 with the reason on standard error.</summary>
    public static Task<int> Drain(string folder) => Told("MlOps cannot drain", () => DrainCommand.Run(folder));

    private static async Task Serve(bool demo)
    {
        await using var app = SiloHost.Build(SiloConfiguration.Load(), Console.Out);
        var stopping = app.Lifetime.ApplicationStopping;
        try
        {
            await app.StartAsync();
            if (demo)
            {
                var services = app.Services;
                await DemoSeed.Run(
                    new Uri(Announcement.Address(app)), services.GetRequiredService<AdminKey>().Value, services.GetRequiredService<DataFolder>(), Console.Out, stopping);
            }

            await app.WaitForShutdownAsync();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Told to stop while it waited for the database.
        }
    }

    private static async Task<int> Told(string failure, Func<Task> work)
    {
        try
        {
            await work();
            return 0;
        }
        catch (Exception refused) when (refused is SettingsException or OptionsValidationException or StorageStartException or IOException { InnerException: AddressInUseException })
        {
            await Console.Error.WriteLineAsync($"{failure}: {refused.Message}");
            return 1;
        }
    }
}
