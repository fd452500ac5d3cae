using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;

namespace MlOps.Predictions;

/// <summary>
/// Bounds the requests and bytes in flight, on this silo and for each replica. What does not fit is refused at once: a queue would only
/// hide the overload.
/// </summary>
public sealed class Admission(IOptions<PredictionOptions> options)
{
    private const int ByteBits = 44;
    private const long Request = 1L << ByteBits;

    private readonly PredictionOptions limits = options.Value;

    // Requests above, bytes below: one exchange counts both.
    private long load;

    /// <summary>Admits a request of so many body bytes (0 when they are not known yet); dispose the ticket when it is answered.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.Overloaded"/>.</exception>
    public AdmissionTicket Enter(long bodyBytes)
    {
        Count(Request, bodyBytes);
        return new AdmissionTicket(this, bodyBytes);
    }

    /// <summary>Requests in flight.</summary>
    internal long Requests => Volatile.Read(ref load) >> ByteBits;

    /// <summary>Bytes in flight.</summary>
    internal long Bytes => Volatile.Read(ref load) & (Request - 1);

    /// <summary>Most bytes that the columns of one call may take.</summary>
    internal long MostBatchBytes => limits.MaxBytesInFlight / 2;

    internal void EnterBytes(long more) => Count(0, more);

    internal void LeaveBytes(long bytes) => Interlocked.Add(ref load, -bytes);

    internal InFlight Enter(IReplica replica) =>
        replica.InFlight.TryEnter(limits.MaxRequestsInFlightPerDeployment) ? replica.InFlight : throw Refusal($"deployment {replica.Deployment.Id}");

    internal void Leave(long bodyBytes, InFlight? inFlight)
    {
        inFlight?.Leave();
        Interlocked.Add(ref load, -Request - bodyBytes);
    }

    private void Count(long request, long more)
    {
        var now = Interlocked.Add(ref load, request + more);
        var bytes = now & (Request - 1);

        // A body larger than all that may be in flight is let in when nothing else is: otherwise it could never be answered.
        if (now >> ByteBits > limits.MaxRequestsInFlight || (bytes > limits.MaxBytesInFlight && bytes != more))
        {
            Interlocked.Add(ref load, -request - more);
            throw Refusal("this server");
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static MlOpsException Refusal(string what) =>
        new(ErrorCode.Overloaded, $"Too many predictions are in flight for {what}. Wait for the seconds of Retry-After, then send it again.");
}
