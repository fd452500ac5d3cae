using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using MlOps.Contributions;
using MlOps.Models;
using MlOps.Predictions;
using Xunit;

namespace MlOps.Tests.Predictions;

/// <summary>What there is no time or memory for is refused before it begins, with how much fits.</summary>
public sealed class ExplainingTests
{
    // A second for each row, on two threads.
    [Theory]
    [InlineData(10, 20, true)]
    [InlineData(10, 21, false)]
    [InlineData(3, 6, true)]
    [InlineData(3, 7, false)]
    public void Rows_AreExplainedWhenThereIsTime(int seconds, int rows, bool fits)
    {
        using var executor = Executor();
        var explaining = Of(executor, rows, 1, TimeSpan.FromSeconds(seconds), microseconds: 1_000_000);

        if (fits)
        {
            explaining.Begin(allClasses: false);
            return;
        }

        var refused = Assert.Throws<MlOpsException>(() => explaining.Begin(allClasses: false));
        Assert.Equal(ErrorCode.ContributionsTooLarge, refused.Code);
        Assert.Contains($"at most {2 * seconds} rows", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ClassesWithoutEnd_AreRefusedForTheirMemory()
    {
        using var executor = Executor();
        var explaining = Of(executor, 10_000, 1_000, TimeSpan.FromSeconds(20), microseconds: 0.1);

        explaining.Begin(allClasses: false);
        var refused = Assert.Throws<MlOpsException>(() => explaining.Begin(allClasses: true));

        Assert.Equal(ErrorCode.ContributionsTooLarge, refused.Code);
        Assert.Matches(@"at most \d+ rows", refused.Message);
    }

    [Fact]
    public async Task TimeThatRunsOut_IsARefusal_AndTheBatchIsWhole()
    {
        using var executor = Executor();
        var batch = Batch(4);
        var explaining = new Explaining(new MeasuredExplainer(new SteadyExplainer(1), Cost(1)), executor, batch, () => TimeSpan.FromMilliseconds(1));
        explaining.Begin(allClasses: false);

        var refused = await Assert.ThrowsAsync<MlOpsException>(async () => await explaining.Run(CancellationToken.None));

        Assert.Equal(ErrorCode.ContributionsTooLarge, refused.Code);
        Assert.False(batch.Start(TimeSpan.FromMinutes(1)).IsCancellationRequested);
    }

    private static Explaining Of(RunExecutor executor, int rows, int scores, TimeSpan time, double microseconds) =>
        new(new MeasuredExplainer(new SteadyExplainer(scores), Cost(microseconds)), executor, Batch(rows), () => time);

    private static RunCost Cost(double microseconds)
    {
        var cost = new RunCost();
        cost.Start(microseconds, microseconds);
        return cost;
    }

    private static RunExecutor Executor() => new(Options.Create(new PredictionOptions { Threads = 2 }), new FakeTimeProvider());

    private static PredictionBatch Batch(int rows)
    {
        var batch = new PredictionPlan(SiloCluster.Signature, null).Rent();
        batch.Resize(rows);
        return batch;
    }

    /// <summary>Takes until it is told to stop.</summary>
    private sealed class SteadyExplainer(int scores) : IExplainer
    {
        public ContributionMethod Method => ContributionMethod.Tree;

        public ContributionSpace Space => ContributionSpace.Value;

        public int Scores => scores;

        public long Bytes => 0;

        public double Bias(int score) => 0;

        public void Explain(PredictionBatch batch, BatchContributions into, int from, int count, CancellationToken deadline)
        {
            deadline.WaitHandle.WaitOne();
            deadline.ThrowIfCancellationRequested();
        }

        public void Dispose()
        {
        }
    }
}
