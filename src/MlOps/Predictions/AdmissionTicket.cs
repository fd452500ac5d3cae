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

    /// <summary>Counts the request for the replica that answers it.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.Overloaded"/>.</exception>
    public void Enter(IReplica replica)
    {
        if (inFlight is not null)
        {
            throw new InvalidOperationException("The request has a replica already.");
        }

        inFlight = admission.Enter(replica);
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
