using Microsoft.Extensions.Logging;

namespace MlOps.Models;

internal sealed partial class ModelChecker
{
    [LoggerMessage(Level = LogLevel.Error, Message = "The process that checks models failed: {Fault}")]
    private partial void LogFault(string fault);
}
