using MlOps.InferenceLogs;

namespace MlOps;

/// <summary>The command <c>drain</c>: brings what the journal of a data folder still holds into the database, without a silo. For a folder whose process will not come back.</summary>
internal static class DrainCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <exception cref="SettingsException">The folder holds no journal.</exception>
    /// <exception cref="StorageStartException">Another process holds the folder, or the database cannot be used.</exception>
    public static async Task Run(string folder)
    {
        if (!Directory.Exists(new DataFolder(Path.GetFullPath(folder)).Journal))
        {
            throw new SettingsException([$"{Path.GetFullPath(folder)} is no data folder with a journal: name the folder that Storage:Data of its silo names."]);
        }

        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddConfiguration(SiloConfiguration.Load());
        builder.Configuration[$"{StorageOptions.Section}:{nameof(StorageOptions.Data)}"] = folder;
        builder.Logging.AddConfiguration(builder.Configuration.GetSection(LogOptions.Section)).AddSimpleConsole(console => console.SingleLine = true);
        builder.Services.AddOptions<InferenceLogOptions>().BindConfiguration(InferenceLogOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddMlOpsStorage(builder.Configuration);
        builder.Services.AddMlOpsStream();
        using var host = builder.Build();
        await host.StartAsync();
        await Drain(host.Services.GetRequiredService<IJournalState>());
        await host.StopAsync();
    }

    private static async Task Drain(IJournalState journal)
    {
        var waiting = journal.WaitingBytes;
        await Console.Out.WriteLineAsync($"{waiting} bytes of answers wait for the database.");
        var moved = Environment.TickCount64;
        while (journal.WaitingBytes > 0)
        {
            await Task.Delay(Look);
            if (journal.WaitingBytes != waiting)
            {
                (waiting, moved) = (journal.WaitingBytes, Environment.TickCount64);
            }
            else if (Environment.TickCount64 - moved > Patience.TotalMilliseconds)
            {
                throw new SettingsException([$"The database has taken nothing for {Patience.TotalSeconds:0} s; {waiting} bytes are still in the journal. Nothing is lost: drain it again."]);
            }
        }

        await Console.Out.WriteLineAsync($"Everything is in the database: {journal.CommittedRows} rows.");
    }
}
