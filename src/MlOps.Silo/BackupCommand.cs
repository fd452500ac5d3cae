namespace MlOps;

/// <summary>The command <c>backup</c>: a copy of the catalogue that silo.json and the environment name, beside a silo that serves from it.</summary>
internal static class BackupCommand
{
    /// <returns>0 when the file is there, 1 when there is none, with the reason on standard error.</returns>
    public static int Run(string target)
    {
        try
        {
            var storage = SiloConfiguration.Load().GetSection(StorageOptions.Section).Get<StorageOptions>() ?? new StorageOptions();
            if (!string.IsNullOrWhiteSpace(storage.Postgres))
            {
                throw new SettingsException(["The catalogue is in PostgreSQL (Storage:Postgres): back it up with pg_dump. This command is for the embedded one."]);
            }

            var bytes = CatalogueBackup.Write(storage, target);
            Console.Out.WriteLine($"The catalogue of {Path.GetFullPath(storage.Data)} is backed up in {Path.GetFullPath(target)} ({bytes} bytes). Not in it: admin.key and silo.json.");
            return 0;
        }
        catch (Exception refused) when (refused is SettingsException or BackupException)
        {
            Console.Error.WriteLine("MlOps cannot back up: " + refused.Message);
            return 1;
        }
    }
}
