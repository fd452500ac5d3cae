using System.Data.Common;
using System.Diagnostics;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using MlOps.Telemetry;
using Orleans.Runtime.Messaging;

namespace MlOps.Errors;

/// <summary>Turns whatever ends a request early into problem details: the one place where exceptions become answers.</summary>
internal sealed partial class ErrorResponses(HttpInstruments instruments, ILogger<ErrorResponses> log) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        var refusal = Refusal(exception);
        if (refusal is null)
        {
            // The answer says nothing about a fault of ours but the id under which the log tells everything.
            var id = Activity.Current?.TraceId.ToHexString() ?? httpContext.TraceIdentifier;
            LogFault(exception, id, httpContext.Request.Method, httpContext.Request.Path);
            refusal = new(ErrorCode.InternalError, $"The server failed on this request. Report it, and quote the id {id}.");
        }

        else if (refusal.IsStorageFault())
        {
            LogStorage(exception, httpContext.Request.Method, httpContext.Request.Path);
        }

        instruments.Refused(refusal.Code);
        await Problem.Write(httpContext, refusal.Code, refusal.Message, refusal.Faults);
        return true;
    }

    /// <summary>What a caller is told of an exception; null for a fault of ours, of which he is told nothing.</summary>
    public static MlOpsException? Refusal(Exception exception) => exception switch
    {
        MlOpsException refusal when refusal.Code != ErrorCode.InternalError => refusal,
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } =>
            new(ErrorCode.BodyTooLarge, "The body is larger than this server takes."),
        BadHttpRequestException => new(ErrorCode.MalformedBody, "The request is broken: its body ended early, came too slowly, or is not framed as HTTP says. Send it again."),
        OperationCanceledException or TimeoutException => new(
            ErrorCode.Busy, "The call took too long and was given up; a change may still have happened. Send it again, a change under the same Idempotency-Key."),
        SiloUnavailableException or OrleansMessageRejectionException or ClientNotAvailableException or ConnectionFailedException => new(
            ErrorCode.NotServing, "The server is starting, stopping, or lost another silo. Send it again, a change under the same Idempotency-Key."),
        DbException { IsTransient: true } => new(ErrorCode.Busy, "The database is busy. Send it again."),
        _ => StorageFault.Of(exception),
    };
}
