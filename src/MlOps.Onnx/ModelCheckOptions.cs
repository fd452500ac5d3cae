namespace MlOps;

/// <summary>How the child process that checks files is started.</summary>
public sealed class ModelCheckOptions
{
    /// <summary>Command and first arguments; <c>check-model</c> and what follows are appended.</summary>
    public IReadOnlyList<string> Command { get; set; } = OwnCommand();

    // The executable that runs now: the host "dotnet" with our dll, or a single file of our own.
    private static string[] OwnCommand()
    {
        var process = Environment.ProcessPath ?? "dotnet";
        var silo = Path.Combine(AppContext.BaseDirectory, "MlOps.Silo.dll");
        return Path.GetFileName(process) is "MlOps.Silo" or "MlOps.Silo.exe" ? [process] : ["dotnet", silo];
    }
}
