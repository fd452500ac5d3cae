using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MlOps.Deployments;
using MlOps.Predictions;

namespace MlOps.Drift;

/// <summary>
/// Asks the owners of the deployments that this silo answers for how far they have drifted, one after the other, for whoever reads the metrics.
/// </summary>
internal sealed partial class DriftWatch(
    DriftInstruments drift, PredictionInstruments predictions, IGrainFactory grains, IOptions<DriftOptions> options, TimeProvider time, ILogger<DriftWatch> log) : BackgroundService
{
    // Without rows of this silo the window moves all the same, and other silos may answer.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    // It takes a fifth of a core and of the database at most, however many there are.
    private const int PausesPerAnswer = 4;

    private readonly Dictionary<DeploymentId, Seen> seen = [];
    private bool failing;

    /// <summary>One look: asks for those with new rows, and those that were not asked for long.</summary>
    public async Task Look(CancellationToken cancellation)
    {
        var rows = predictions.Rows;
        foreach (var gone in seen.Keys.Where(id => !rows.ContainsKey(id)).ToList())
        {
            seen.Remove(gone);
            drift.Forget(gone);
        }

        // The one that failed the last time comes last: it keeps no other from its turn.
        foreach (var (id, count) in rows.Where(IsDue).OrderBy(one => seen.GetValueOrDefault(one.Key)?.At ?? long.MinValue))
        {
            var began = time.GetTimestamp();
            seen[id] = new Seen(count, count != seen.GetValueOrDefault(id)?.Rows, began);
            await Ask(id, cancellation);
            await Task.Delay(time.GetElapsedTime(began) * PausesPerAnswer, time, cancellation);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.Value.WatchSeconds), time);
        while (await timer.Next(stoppingToken))
        {
            try
            {
                await Look(stoppingToken);
                failing = false;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // What was told last stays until the next look; a look may not end the silo.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                Failed(failure);
            }
        }
    }

    // What was answered a moment before the last look may have been committed after it.
    private bool IsDue(KeyValuePair<DeploymentId, long> one) =>
        seen.GetValueOrDefault(one.Key) is not { } before || before.WasMoving || before.Rows != one.Value || time.GetElapsedTime(before.At) >= Longest;

    private async Task Ask(DeploymentId id, CancellationToken cancellation)
    {
        try
        {
            drift.Tell(id, (await grains.GetGrain<IDeploymentGrain>(id.Value).Drift(null, cancellation)).Report);
        }
        catch (MlOpsException gone) when (gone.Code is ErrorCode.NotFound or ErrorCode.ModelDeleted)
        {
            drift.Forget(id);
        }
    }

    private void Failed(Exception failure)
    {
        if (!failing)
        {
            failing = true;
            LogFailed(failure);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The drift in the metrics is not up to date: it could not be computed. It is tried again")]
    private partial void LogFailed(Exception cause);

    /// <param name="WasMoving">There were new rows then.</param>
    private sealed record Seen(long Rows, bool WasMoving, long At);
}
