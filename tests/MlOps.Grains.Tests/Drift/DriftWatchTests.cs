using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using MlOps.Deployments;
using MlOps.Drift;
using MlOps.Predictions;
using Xunit;

namespace MlOps.Tests.Drift;

/// <summary>The drift that a silo's metrics tell, against what the deployment's owner says; and how often he is asked.</summary>
public sealed class DriftWatchTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Look_TellsWhatTheOwnerSays_UntilTheDeploymentIsGone()
    {
        await using var cluster = await SiloCluster.Start(change: Quiet);
        var (deployment, grain) = await Serve(cluster);
        using var watch = Watch(cluster, new FakeTimeProvider());
        await Answer(grain, Enumerable.Range(0, 1_500).Select(row => row % 10));
        await Until(async () => (await grain.Drift(null, Cancellation)).Report.Rows == 1_500);

        await watch.Look(Cancellation);
        Assert.Equal(0, Assert.Single(Told(cluster)).Value);

        await Answer(grain, Enumerable.Range(0, 3_000).Select(row => row % 2));
        await Until(async () => (await grain.Drift(null, Cancellation)).Report.Rows == 4_500);
        await watch.Look(Cancellation);

        var (series, psi) = Assert.Single(Told(cluster));
        Assert.Equal($"{deployment.Id},prediction", series);
        Assert.Equal((await grain.Drift(null, Cancellation)).Report.Prediction.Index.Value, psi);
        Assert.True(psi > 0.25);

        await cluster.Lifecycle(deployment.Project).Deactivate(deployment.Id, SiloCluster.Request(), Cancellation);
        await Until(() => Task.FromResult(Told(cluster).Count == 0));
    }

    [Fact]
    public async Task Look_AsksAgainForThoseWithNewRows_AndNowAndThenForTheOthers()
    {
        var asked = 0;
        await using var cluster = await SiloCluster.Start(change: silo =>
        {
            Quiet(silo);
            silo.AddIncomingGrainCallFilter(call =>
            {
                asked += call.MethodName == nameof(IDeploymentGrain.Drift) ? 1 : 0;
                return call.Invoke();
            });
        });
        var (_, grain) = await Serve(cluster);
        var time = new FakeTimeProvider();
        using var watch = Watch(cluster, time);
        await watch.Look(Cancellation);
        Assert.Equal(0, asked);

        // What was answered just before a look may be committed after it: the next one asks once more.
        await Answer(grain, [1]);
        foreach (var expected in new[] { 1, 2, 2, 2 })
        {
            await watch.Look(Cancellation);
            Assert.Equal(expected, asked);
        }

        await Answer(grain, [2]);
        foreach (var expected in new[] { 3, 4, 4 })
        {
            await watch.Look(Cancellation);
            Assert.Equal(expected, asked);
        }

        time.Advance(TimeSpan.FromMinutes(10));
        await watch.Look(Cancellation);
        await watch.Look(Cancellation);
        Assert.Equal(5, asked);
    }

    // The silo's own watch stands still: the test looks.
    private static void Quiet(ISiloBuilder silo) => silo.Services.Configure<DriftOptions>(drift => drift.WatchSeconds = 3_600);

    private static DriftWatch Watch(SiloCluster cluster, TimeProvider time)
    {
        var silo = cluster.Silos[0];
        return new(
            silo.GetRequiredService<DriftInstruments>(), silo.GetRequiredService<PredictionInstruments>(), cluster.Grains, Options.Create(new DriftOptions()), time, NullLogger<DriftWatch>.Instance);
    }

    private static async Task<(Deployment Deployment, IDeploymentGrain Grain)> Serve(SiloCluster cluster)
    {
        var project = await cluster.Project();
        var model = await cluster.Model(project);
        var change = await cluster.Lifecycle(project).Create(SiloCluster.NewId(), SiloCluster.Spec(model), Stage.Staging, SiloCluster.Request(), Cancellation);
        return (change.Deployment, cluster.Grains.GetGrain<IDeploymentGrain>(change.Deployment.Id.Value));
    }

    private static async Task Answer(IDeploymentGrain grain, IEnumerable<int> rows) =>
        await grain.Predict(new PredictRequest(Encoding.UTF8.GetBytes($$"""{"inputs": [{{string.Join(',', rows.Select(row => $$"""{"x": {{row}}}"""))}}]}""")), Cancellation);

    private static Dictionary<string, double> Told(SiloCluster cluster)
    {
        var told = new Dictionary<string, double>();
        var own = cluster.Silos[0].GetRequiredService<IMeterFactory>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, to) =>
            {
                if (instrument.Name == PredictionInstruments.Drift && ReferenceEquals(instrument.Meter.Scope, own))
                {
                    to.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, value, tags, _) => told.Add(string.Join(',', tags.ToArray().Select(tag => tag.Value)), value));
        listener.Start();
        listener.RecordObservableInstruments();
        return told;
    }

    private static async Task Until(Func<Task<bool>> holds)
    {
        while (!await holds())
        {
            await Task.Delay(20, Cancellation);
        }
    }
}
