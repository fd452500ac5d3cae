using System.Data.Common;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace MlOps.Jobs;

/// <summary>
/// Runs this silo's share of the jobs, a few at a time. What it holds it stamps; what it finds held by itself at start it begins again; what another silo has not
/// stamped for long it takes over.
/// </summary>
internal sealed partial class JobRunner(
    IJobStore jobs, BaselineWork baselines, DriftWork drift, DataFolder data, IOptions<JobOptions> options, TimeProvider time, ILogger<JobRunner> log) : BackgroundService, IJobQueue
{
    private readonly Channel<bool> wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private string owner = "";

    public void Wake() => wake.Writer.TryWrite(true);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Not on the thread that starts the host.
        await Task.Yield();
        owner = JobOwner.Of(data, time);
        var released = false;
        var running = new List<Task>();
        while (!stoppingToken.IsCancellationRequested)
        {
            released = released || await Release(orderly: false);
            while (released && running.Count < options.Value.MaxConcurrent && await Claim(stoppingToken) is { } job)
            {
                running.Add(Run(job, stoppingToken));
            }

            await Something(running, stoppingToken);
            running.RemoveAll(one => one.IsCompleted);
        }

        await Task.WhenAll(running);
        await Release(orderly: true);
    }

    // A job ended, one was stored, time passed, or the silo stops.
    private async Task Something(List<Task> running, CancellationToken stopping)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var woken = wake.Reader.WaitToReadAsync(over.Token).AsTask();
        await Task.WhenAny([woken, Task.Delay(TimeSpan.FromSeconds(options.Value.PollSeconds), time, over.Token), .. running]);
        await over.CancelAsync();
        wake.Reader.TryRead(out _);
    }

    private async Task<Job?> Claim(CancellationToken cancellation)
    {
        try
        {
            var now = time.GetUtcNow();
            return await jobs.Claim(owner, now, now - TimeSpan.FromSeconds(options.Value.StaleSeconds), cancellation);
        }
        catch (Exception failure) when (failure is DbException or MlOpsException or OperationCanceledException)
        {
            // Tried again at the next look.
            LogStore(failure);
            return null;
        }
    }

    private async Task<bool> Release(bool orderly)
    {
        try
        {
            await jobs.Release(owner, orderly, CancellationToken.None);
            return true;
        }
        catch (Exception failure) when (failure is DbException or MlOpsException)
        {
            LogStore(failure);
            return false;
        }
    }

    private async Task Run(Job job, CancellationToken stopping)
    {
        LogBegun(job.Id, job.Type, job.Starts);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var claim = new JobClaim(jobs, job, owner, time);
        var stamping = claim.Keep(TimeSpan.FromSeconds(options.Value.StampSeconds), over, LogStore);
        try
        {
            if (job.Starts > options.Value.MaxStarts)
            {
                throw new MlOpsException(ErrorCode.InternalError, $"The job was begun {options.Value.MaxStarts} times, and the process ended each time before it had. It is given up: ask for it again, with fewer rows.");
            }

            await (job.Type == Job.Drift ? drift.Run(job, claim, over.Token) : baselines.Run(job, claim, over.Token));
            LogEnded(job.Id);
        }
        catch (MlOpsException refused)
        {
            LogRefused(job.Id, refused.Message);
            await Fail(job, refused.Message);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            LogLeft(job.Id);
        }
#pragma warning disable CA1031 // One job's fault ends that job, not the silo; it is logged, and the job says so.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            LogFault(job.Id, fault);
            await Fail(job, "The job failed by a fault of ours, which the silo's log tells under the job's id.");
        }
        finally
        {
            await over.CancelAsync();
            await stamping;
        }
    }

    private async Task Fail(Job job, string error)
    {
        try
        {
            await jobs.Fail(job.Id, owner, error, time.GetUtcNow(), CancellationToken.None);
        }
        catch (Exception failure) when (failure is DbException or MlOpsException)
        {
            // Its stamp grows old, and it is begun again.
            LogStore(failure);
        }
    }
}
