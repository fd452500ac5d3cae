using Microsoft.Extensions.Logging;

namespace MlOps.Health;

internal sealed partial class Drain
{
    [LoggerMessage(1, LogLevel.Information, "Stopping: draining for {Seconds} s.")]
    private partial void LogDraining(double seconds);
}
