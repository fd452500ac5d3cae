using Microsoft.Extensions.Options;
using MlOps.Deployments;
using MlOps.Predictions;

namespace MlOps.InferenceLogs;

/// <summary>Leaves the record of a request in the journal, before the request is answered.</summary>
public sealed class InferenceRecorder(IInferenceJournal journal, InferenceIds ids, IOptions<InferenceLogOptions> options)
{
    [ThreadStatic]
    private static FrameBuffer? cached;

    private readonly bool drops = options.Value.WhenFull == JournalFull.Drop;
    private long dropped;

    /// <summary>Records that a full journal has not taken, of requests that were answered all the same.</summary>
    public long Dropped => Volatile.Read(ref dropped);

    /// <summary>Records an answered request.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.JournalFull"/>: nothing is recorded, and the request must not be answered.</exception>
    internal ValueTask Answered(ReplicaLease lease, PredictionBatch batch, PredictCall call, ReadOnlySpan<byte> body, InferenceIdRange rows, TimeSpan latency)
    {
        var frame = Begin();
        AnsweredFrameWriter.Write(frame, lease.Replica, lease.Reason, batch, call, body, rows, latency);
        return Append(frame, mayRefuse: true);
    }

    /// <summary>Records a refused or failed request. When the journal is full it is only counted as dropped: the caller has its refusal.</summary>
    public ValueTask Refused(Deployment deployment, RouteReason route, TimeSpan latency, int status, string code, string detail, int? rows)
    {
        var frame = Begin();
        var microseconds = (long)Math.Ceiling(latency.TotalMicroseconds);
        new RefusedFrame(deployment.Project, deployment.Id, deployment.Spec.Model, route, microseconds, ids.Take(1), status, code, detail, rows).Write(frame);
        return Append(frame, mayRefuse: false);
    }

    /// <summary>Records how many requests of one second were turned away. False: the journal is full, keep the count.</summary>
    public ValueTask<bool> Counted(Deployment deployment, long second, int status, long requests)
    {
        var frame = Begin();
        new CountedFrame(deployment.Project, deployment.Id, deployment.Spec.Model, second, status, requests).Write(frame);
        return journal.Append(frame.Frame);
    }

    private static FrameBuffer Begin()
    {
        var frame = cached ??= new FrameBuffer();
        frame.Start();
        return frame;
    }

    private ValueTask Append(FrameBuffer frame, bool mayRefuse)
    {
        var appending = journal.Append(frame.Frame);
        if (!appending.IsCompletedSuccessfully)
        {
            return Settle(appending, mayRefuse);
        }

        Settle(appending.Result, mayRefuse);
        return ValueTask.CompletedTask;
    }

    private async ValueTask Settle(ValueTask<bool> appending, bool mayRefuse) => Settle(await appending, mayRefuse);

    private void Settle(bool isWritten, bool mayRefuse)
    {
        if (isWritten)
        {
            return;
        }

        if (mayRefuse && !drops)
        {
            throw new MlOpsException(
                ErrorCode.JournalFull, "The journal of answers is full, or its disk is, and nothing may be answered unrecorded. Make room or bring the database back; then send the request again.");
        }

        Interlocked.Increment(ref dropped);
    }
}
