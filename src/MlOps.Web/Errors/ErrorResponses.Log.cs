using Microsoft.Extensions.Logging;

namespace MlOps.Errors;

internal sealed partial class ErrorResponses
{
    [LoggerMessage(1, LogLevel.Error, "Request {Id} ({Method} {Path}) failed.")]
    private partial void LogFault(Exception exception, string id, string method, string path);

    [LoggerMessage(2, LogLevel.Error, "The data folder could not be written ({Method} {Path}).")]
    private partial void LogStorage(Exception exception, string method, string path);
}
