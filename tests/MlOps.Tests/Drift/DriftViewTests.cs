using CsCheck;
using MlOps.Deployments;
using MlOps.Drift;
using MlOps.Models;
using MlOps.Projects;
using Xunit;

namespace MlOps.Tests.Drift;

public sealed class DriftViewTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 10, 20, 0, TimeSpan.Zero);
    private static readonly ModelSignature Signature = DriftModels.Signature(DriftModels.Regression, ("x", FeatureType.Numeric));
    private static readonly Baseline Baseline = DriftModels.Baseline(DriftModels.Edges(5_000, 5_000, 0));
    private static readonly WindowCounter Counter = new(Signature, Baseline, null);
    private static readonly DeploymentId Deployment = DeploymentId.New(Now);
    private static readonly Guid[] Journals = [Guid.CreateVersion7(), Guid.CreateVersion7()];

    private readonly CountedLog log = new();
    private readonly DriftView view;

    public DriftViewTests() => view = new(Deployment, log, log);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Report_IsReadAgainOnlyWhenSomethingMoved()
    {
        Commit(0, 0, 300);
        Assert.Equal(300, await Rows());
        Assert.Equal(300, await Rows(after: TimeSpan.FromMinutes(39)));
        Assert.Equal(300, (await view.Report(Model(Baseline), 1, Now, Cancellation)).Report.Rows);
        Assert.Equal(1, log.WindowReads);

        Commit(1, -1, 20);
        Assert.Equal(320, await Rows());
        Assert.Equal(300, (await view.Report(Model(Baseline), 1, Now, Cancellation)).Report.Rows);
        Assert.Equal(2, log.WindowReads);

        // Another hour has begun: rows of it may be there though no journal has moved since.
        Assert.Equal(320, await Rows(after: TimeSpan.FromMinutes(40)));
        Assert.Equal(3, log.WindowReads);
    }

    [Fact]
    public async Task Report_SaysWhichHoursItIsAbout()
    {
        Commit(0, -30, 300);

        var chosen = await view.Report(Model(Baseline), 3, Now, Cancellation);
        var looked = await view.Report(Model(Baseline), null, Now, Cancellation);

        var end = new DateTimeOffset(2026, 3, 1, 11, 0, 0, TimeSpan.Zero);
        Assert.Equal((Deployment, end.AddHours(-3), end, Now, 0), (chosen.Deployment, chosen.Since, chosen.Until, chosen.ComputedAt, chosen.Report.Rows));
        Assert.Equal((end.AddHours(-31), end, 300), (looked.Since, looked.Until, looked.Report.Rows));
    }

    [Fact]
    public async Task FirstAnswers_AreAskedForUntilTheyAreFrozen()
    {
        Commit(0, 0, 1_200);
        Assert.Empty((await view.Report(Model(Baseline), null, Now, Cancellation)).Report.Prediction.Bins);
        log.Frozen = FirstAnswers.Freeze(DriftModels.Regression, log.Windows[0].Counts.Predictions);

        for (var i = 0; i < 3; i++)
        {
            var prediction = (await view.Report(Model(Baseline), null, Now, Cancellation)).Report.Prediction;
            Assert.Equal((FirstAnswers.Source, 1_200), (prediction.Baseline, prediction.Bins.Sum(bin => bin.Current)));
        }

        Assert.Equal(2, log.FirstAnswersReads);
    }

    [Fact]
    public async Task FirstAnswers_OfAModelWithAReference_AreNotAskedFor()
    {
        var reference = new PredictionBins("reference", 100, FeatureBinning.Freeze(FeatureType.Numeric, [.. Enumerable.Range(0, 100).Select(row => (double)row)]), null, null);
        log.Frozen = FirstAnswers.Bins(DriftModels.Regression, new PredictionCounts());

        var report = (await view.Report(Model(Baseline with { Prediction = reference }), null, Now, Cancellation)).Report;

        Assert.Equal(("reference", 0), (report.Prediction.Baseline, log.FirstAnswersReads));
    }

    // Whoever asks in between, and however often, gets in the end what he gets who asks once.
    [Fact]
    public void Report_EqualsThatOfEverythingAtOnce() =>
        Gen.Select(Gen.Int[0, 1], Gen.Int[-40, 0], Gen.Int[1, 120], Gen.Bool).Array[0, 20].Sample(commits =>
        {
            var (kept, whole) = (new CountedLog(), new WindowCounts(1));
            var asked = new DriftView(Deployment, kept, kept);
            foreach (var (journal, hour, rows, asks) in commits)
            {
                kept.Commit(Journals[journal], UtcHour.Of(Now).Plus(hour), Counted(rows));
                if (asks)
                {
                    Wait(asked.Report(Model(Baseline), null, Now, Cancellation));
                }
            }

            var fresh = Wait(new DriftView(Deployment, kept, kept).Report(Model(Baseline), 41, Now, Cancellation));
            Assert.Equal(Shown(fresh), Shown(Wait(asked.Report(Model(Baseline), 41, Now, Cancellation))));
            foreach (var window in kept.Windows)
            {
                whole.Add(window.Counts);
            }

            Assert.Equal(Shown(fresh with { Report = DriftReport.Of(Signature, Baseline, null, whole) }), Shown(fresh));
        });

    // The log of the tests answers at once.
    private static DeploymentDrift Wait(Task<DeploymentDrift> answered) => answered.IsCompletedSuccessfully ? answered.Result : throw new InvalidOperationException("It is not done.", answered.Exception);

    private static string Shown(DeploymentDrift drift) =>
        $"{drift.Since} {drift.Until} {drift.Report.OverallStatus} {drift.Report.Rows} {drift.Report.MeanPsi:R} {drift.Report.Counts} {string.Join(';', drift.Report.Features[0].Bins)} {drift.Report.Prediction.Index}";

    private static WindowCounts Counted(int rows)
    {
        var counts = Counter.Empty();
        Counter.Add(counts, [.. Enumerable.Range(0, rows).Select(row => (ushort)(row % 2))], [.. Enumerable.Range(0, rows).Select(row => row / 7.0)]);
        return counts;
    }

    private static RegisteredModel Model(Baseline? baseline) =>
        new(ModelId.New(Now), ProjectId.New(Now), "m", "GLM", "digest", [], Signature, baseline, "{}", "{}", "{}", null, [], Now);

    private void Commit(int journal, int hour, int rows) => log.Commit(Journals[journal], UtcHour.Of(Now).Plus(hour), Counted(rows));

    private async Task<long> Rows(TimeSpan after = default) => (await view.Report(Model(Baseline), null, Now + after, Cancellation)).Report.Rows;
}
