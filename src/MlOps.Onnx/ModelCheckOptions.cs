namespace MlOps;

/// <summary>How the child process that checks files is started.</summary>
public sealed class ModelCheckOptions
{
    /// <summary>Command and first arguments, of a program that hands <c>check-model</c> and what follows to <see cref="ModelCheckCommand"/>; these are appended.</summary>
    public IReadOnlyList<string> Command { get; set; } = OwnCommand();

    // The executable that runs now; where that is a host (dotnet, a test's), the silo beside it.
    private static string[] OwnCommand()
    {
        const string Silo = "MlOps.Silo";
        var process = Environment.ProcessPath ?? "dotnet";
        return Path.GetFileName(process) switch
        {
            Silo or Silo + ".exe" => [process],
            "dotnet" or "dotnet.exe" => [process, Path.Combine(AppContext.BaseDirectory, Silo + ".dll")],
            _ => ["dotnet", Path.Combine(AppContext.BaseDirectory, Silo + ".dll")],
        };
    }
}
