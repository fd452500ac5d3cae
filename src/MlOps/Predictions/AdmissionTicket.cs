using MlOps.Deployments;

namespace MlOps.Predictions;

/// <summary>An admitted request; used by that request alone.</summary>
public sealed class AdmissionTicket : IDisposable
{
    private readonly Admission admission;
    private InFlight? inFlight;
    private long bytes;
    private bool isLeft;

    internal AdmissionTicket(Admission admission, long bytes) => (this.admission, this.bytes) = (admission, bytes);

    /// <summary>Counts further bytes of a body whose length was not known.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.Overloaded"/>.</exception>
    public void Grow(long more)
    {
        admission.EnterBytes(more);
        bytes += more;
    }

    /// <summary>Counts the request for the deployment that answers it.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.Overloaded"/>.</exception>
    public void Enter(DeploymentId deployment)
    {
        if (inFlight is not null)
        {
            throw new InvalidOperationException("The request has a deployment already.");
        }

        inFlight = admission.EnterDeployment(deployment);
    }

    public void Dispose()
    {
        if (!isLeft)
        {
            isLeft = true;
            admission.Leave(bytes, inFlight);
        }
    }
}

/// <summary>The requests in flight of one deployment; gone for ever when the last one leaves.</summary>
internal sealed class InFlight(DeploymentId deployment)
{
    private const int Gone = int.MinValue;

    private int requests;

    public DeploymentId Deployment { get; } = deployment;

    /// <returns>Null when it is gone and a new one is to be used.</returns>
    public bool? Enter(int limit)
    {
        while (true)
        {
            var now = Volatile.Read(ref requests);
            if (now == Gone)
            {
                return null;
            }

            if (now >= limit)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref requests, now + 1, now) == now)
            {
                return true;
            }
        }
    }

    /// <returns>Whether that was the last one.</returns>
    public bool Leave() => Interlocked.Decrement(ref requests) == 0 && Interlocked.CompareExchange(ref requests, Gone, 0) == 0;
}
