namespace MlOps;

/// <summary>Section <c>Logging</c> of silo.json: the least level of log lines by category.</summary>
internal sealed class LogOptions
{
    public const string Section = "Logging";

    /// <summary>Category prefix → <c>Trace</c>, <c>Debug</c>, <c>Information</c>, <c>Warning</c>, <c>Error</c>, <c>Critical</c> or <c>None</c>.</summary>
    public Dictionary<string, string> LogLevel { get; set; } = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Default"] = "Information",
        ["Microsoft"] = "Warning",
        // It writes nothing below Information, and for as long as it may write makes an activity and a scope for every request.
        ["Microsoft.AspNetCore.Hosting.Diagnostics"] = "None",
        ["Orleans"] = "Warning",
        ["Polly"] = "Warning",
        // Advice about garbage collection, and a watchdog that mistakes a machine's start for a stall.
        ["Orleans.Runtime.Silo"] = "Error",
        ["Orleans.Runtime.Watchdog"] = "Error",
        ["MlOps.Projects.SiloReplicas"] = "Warning",
    };
}
