using Microsoft.Extensions.Options;

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
            if (demo)
            {
                app.AddDemo(Console.Out);
            }

            await app.RunAsync();
            return 0;
        }
        catch (Exception refused) when (refused is SettingsException or OptionsValidationException or StorageStartException || refused.IsAddressInUse())
        {
            await Console.Error.WriteLineAsync("MlOps cannot start: " + refused.Message);
            return 1;
        }
    }
}
