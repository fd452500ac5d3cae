using MlOps.Contributions;
using MlOps.Models;

namespace MlOps.Predictions;

/// <summary>The explaining of one batch, on the threads that models run on.</summary>
internal sealed class Explaining(MeasuredExplainer explainer, RunExecutor executor, PredictionBatch batch, Func<TimeSpan> remaining) : IExplaining, IBatchRun
{
    // 8 MB of them, and some fifty of answer.
    private const int MostValues = 1_000_000;

    public IExplainer Explainer => explainer.Explainer;

    /// <summary>Makes room for what is asked, where there is time for it.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.ContributionsTooLarge"/>.</exception>
    public void Begin(bool allClasses)
    {
        var all = allClasses && Explainer.Scores > 1;
        var (explained, features) = (all ? Explainer.Scores : 1, batch.Plan.Signature.Features.Length);
        var fit = Math.Min(RowsInTime(), MostValues / (explained * (features + 1)));
        if (batch.Rows > fit)
        {
            throw TooLarge(fit);
        }

        (batch.Contributions = new BatchContributions()).Reset(batch.Rows, explained, features, all, Explainer.Method == ContributionMethod.Sampled);
    }

    public async ValueTask Run(CancellationToken cancellation)
    {
        try
        {
            await executor.Run(this, explainer.Cost, batch, batch.Start(remaining()));
        }
        catch (OperationCanceledException)
        {
            throw TooLarge(Math.Min(RowsInTime(), Math.Max(1, batch.Rows / 2)));
        }
        finally
        {
            batch.Finish();
        }
    }

    public void Run(PredictionBatch rows, int from, int count, CancellationToken deadline) => Explainer.Explain(rows, rows.Contributions!, from, count, deadline);

    // Long ones are shared by the executor's threads.
    private int RowsInTime() => explainer.Cost.RowsWithin(remaining().TotalMicroseconds * executor.Threads);

    private MlOpsException TooLarge(int rows)
    {
        var reason = rows < 1
            ? "One row's contributions of all classes are more than one call answers: leave all_classes out."
            : explainer.Cost.Microseconds(1) > remaining().TotalMicroseconds
                ? "Explaining one row takes longer than the time limit (Predictions:TimeoutSeconds)."
                : $"Explaining {batch.Rows} rows takes too long for one call: send at most {rows} rows with include_contributions.";
        return new MlOpsException(ErrorCode.ContributionsTooLarge, reason, [new Fault("/options/include_contributions", reason)]);
    }
}
