using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using MlOps.Deployments;

namespace MlOps.Predictions;

/// <summary>
/// Bounds the requests and bytes in flight, on this silo and for each deployment. What does not fit is refused at once: a queue would only
/// hide the overload.
/// </summary>
public sealed class Admission(IOptions<PredictionOptions> options)
{
    private readonly PredictionOptions limits = options.Value;
    private readonly ConcurrentDictionary<DeploymentId, InFlight> deployments = new();
    private long bytes;
    private int requests;

    /// <summary>Admits a request of so many body bytes (0 when they are not known yet); dispose the ticket when it is answered.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.Overloaded"/>.</exception>
    public AdmissionTicket Enter(long bodyBytes)
    {
        if (Interlocked.Increment(ref requests) > limits.MaxRequestsInFlight)
        {
            Interlocked.Decrement(ref requests);
            throw Refusal("this server");
        }

        if (!Fit(bodyBytes))
        {
            Interlocked.Decrement(ref requests);
            throw Refusal("this server");
        }

        return new AdmissionTicket(this, bodyBytes);
    }

    /// <summary>Deployments with requests in flight.</summary>
    internal int Deployments => deployments.Count;

    internal void EnterBytes(long more)
    {
        if (!Fit(more))
        {
            throw Refusal("this server");
        }
    }

    internal InFlight EnterDeployment(DeploymentId deployment)
    {
        while (true)
        {
            var inFlight = deployments.GetOrAdd(deployment, static id => new InFlight(id));
            switch (inFlight.Enter(limits.MaxRequestsInFlightPerDeployment))
            {
                case true: return inFlight;
                case false: throw Refusal($"deployment {deployment}");
            }
        }
    }

    internal void Leave(long bodyBytes, InFlight? inFlight)
    {
        // Only what is in flight is kept: the table never grows with ids that nobody serves.
        if (inFlight?.Leave() == true)
        {
            deployments.TryRemove(KeyValuePair.Create(inFlight.Deployment, inFlight));
        }

        Interlocked.Add(ref bytes, -bodyBytes);
        Interlocked.Decrement(ref requests);
    }

    private bool Fit(long more)
    {
        // A body larger than all that may be in flight is let in when nothing else is: otherwise it could never be answered.
        var now = Interlocked.Add(ref bytes, more);
        if (now <= limits.MaxBytesInFlight || now == more)
        {
            return true;
        }

        Interlocked.Add(ref bytes, -more);
        return false;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static MlOpsException Refusal(string what) =>
        new(ErrorCode.Overloaded, $"Too many predictions are in flight for {what}. Wait for the seconds of Retry-After, then send it again.");
}
