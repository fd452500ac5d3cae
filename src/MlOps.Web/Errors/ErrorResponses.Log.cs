using Microsoft.Extensions.Logging;

namespace MlOps.Errors;

internal sealed partial class ErrorResponses
{
    [LoggerMessage(1, LogLevel.Error, "Request {Id} ({Method} {Path}) failed.")]
    private partial void LogFault(Exception exception, string id, string method, string path);
}
