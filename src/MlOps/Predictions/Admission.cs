using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using MlOps.Deployments;

namespace MlOps.Predictions;

/// <summary>Bounds the requests and bytes in flight on this silo. What does not fit is refused at once: a queue would only hide the overload.</summary>
public sealed class Admission(IOptions<PredictionOptions> options)
{
    private readonly PredictionOptions limits = options.Value;
    private long bytes;
    private int requests;

    /// <summary>Admits a request of so many body bytes; give the ticket back when it is answered.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.Overloaded"/>.</exception>
    public AdmissionTicket Enter(long bodyBytes)
    {
        var others = Interlocked.Increment(ref requests) - 1;
        var before = Interlocked.Add(ref bytes, bodyBytes) - bodyBytes;
        // A single large body is let in when nothing else is: otherwise it could never be answered.
        if (others >= limits.MaxRequestsInFlight || (before > 0 && before + bodyBytes > limits.MaxBytesInFlight))
        {
            Leave(bodyBytes);
            throw Refusal("this server");
        }

        return new AdmissionTicket(this, bodyBytes);
    }

    /// <summary>Admits one more request for a deployment's own count.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.Overloaded"/>.</exception>
    public void Enter(ref int deploymentRequests, DeploymentId deployment)
    {
        if (Interlocked.Increment(ref deploymentRequests) > limits.MaxRequestsInFlightPerDeployment)
        {
            Interlocked.Decrement(ref deploymentRequests);
            throw Refusal($"deployment {deployment}");
        }
    }

    /// <summary>Takes more bytes for an admitted request whose length was not told; give them back with <see cref="Shrink"/>.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.Overloaded"/>.</exception>
    public void Grow(long bodyBytes)
    {
        if (Interlocked.Add(ref bytes, bodyBytes) > limits.MaxBytesInFlight)
        {
            Shrink(bodyBytes);
            throw Refusal("this server");
        }
    }

    /// <summary>Gives back what <see cref="Grow"/> took.</summary>
    public void Shrink(long bodyBytes) => Interlocked.Add(ref bytes, -bodyBytes);

    internal void Leave(long bodyBytes)
    {
        Interlocked.Decrement(ref requests);
        Interlocked.Add(ref bytes, -bodyBytes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static MlOpsException Refusal(string what) =>
        new(ErrorCode.Overloaded, $"Too many predictions are in flight for {what}. Wait for the seconds of Retry-After, then send it again.");
}

/// <summary>An admitted request.</summary>
public readonly struct AdmissionTicket(Admission admission, long bodyBytes) : IDisposable
{
    public void Dispose() => admission.Leave(bodyBytes);
}
