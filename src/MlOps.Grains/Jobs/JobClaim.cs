using System.Data.Common;

namespace MlOps.Jobs;

/// <summary>A job that this process holds: stamped while it runs, with how far it is.</summary>
internal sealed class JobClaim(IJobStore jobs, Job job, string owner, TimeProvider time)
{
    private double progress;

    public string Owner => owner;

    /// <summary>Tells the share that is done, from 0 to 1.</summary>
    public void Tell(double share) => Volatile.Write(ref progress, Math.Clamp(share, 0, 1));

    /// <summary>Stamps the job until <paramref name="over"/> is cancelled, and cancels it when the job is not ours any more: it was deleted, or taken over.</summary>
    public async Task Keep(TimeSpan every, CancellationTokenSource over, Action<Exception> failed)
    {
        using var timer = new PeriodicTimer(every, time);
        try
        {
            while (await timer.WaitForNextTickAsync(over.Token))
            {
                await Stamp(over, failed);
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The job has ended.
        }
    }

    private async Task Stamp(CancellationTokenSource over, Action<Exception> failed)
    {
        try
        {
            if (!await jobs.Stamp(job.Id, owner, Volatile.Read(ref progress), time.GetUtcNow(), over.Token))
            {
                await over.CancelAsync();
            }
        }
        catch (Exception failure) when (failure is DbException or MlOpsException)
        {
            failed(failure);
        }
    }
}
