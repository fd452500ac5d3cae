using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using MlOps.Predictions;
using Xunit;

namespace MlOps.Tests.Predictions;

public sealed class PredictionInstrumentsTests : IDisposable
{
    private const string Rows = "mlops.predict.rows";

    private readonly ReadMeters meters = new();
    private readonly ServedDeployments served = new();
    private readonly Admission admission = new(Options.Create(new PredictionOptions()));
    private readonly FakeTimeProvider time = new();
    private readonly DeploymentMeter byDeployment;
    private readonly PredictionInstruments instruments;

    public PredictionInstrumentsTests()
    {
        byDeployment = new(meters);
        instruments = new(meters, byDeployment, served, admission, time);
    }

    public void Dispose()
    {
        byDeployment.Dispose();
        meters.Dispose();
    }

    [Fact]
    public void Requests_AreCountedByDeploymentAndStatus()
    {
        var (fraud, churn) = (served.Add(), served.Add());
        instruments.Answered(fraud, 3, TimeSpan.FromMilliseconds(2));
        instruments.Answered(fraud, 1, TimeSpan.FromMilliseconds(3));
        instruments.Refused(fraud, 422);
        instruments.Refused(fraud, 429);
        instruments.Refused(fraud, 429);
        instruments.Refused(churn, 503);
        instruments.Refused(null, 404);

        Assert.Equal(
            new Dictionary<string, double>
            {
                [$"{fraud},200"] = 2,
                [$"{fraud},422"] = 1,
                [$"{fraud},429"] = 2,
                [$"{churn},200"] = 0,
                [$"{churn},503"] = 1,
                ["other,200"] = 0,
                ["none,200"] = 0,
                ["none,404"] = 1,
            },
            meters.Read(PredictionInstruments.Requests));
        Assert.Equal(new Dictionary<string, double> { [$"{fraud}"] = 4, [$"{churn}"] = 0, ["other"] = 0, ["none"] = 0 }, meters.Read(Rows));
        Assert.Equal(2, meters.Recorded("mlops.predict.duration").Count);
        Assert.Equal(0.005, meters.Recorded("mlops.predict.duration").Sum, 12);
    }

    [Fact]
    public void DeploymentsBeyondTheMost_AreSummed()
    {
        for (var i = 0; i < PredictionInstruments.MostDeployments + 20; i++)
        {
            instruments.Answered(served.Add(), 2, TimeSpan.Zero);
        }

        var rows = meters.Read(Rows);

        Assert.Equal(PredictionInstruments.MostDeployments + 2, rows.Count);
        Assert.Equal(40, rows["other"]);
        Assert.Equal(2.0 * (PredictionInstruments.MostDeployments + 20), rows.Values.Sum());
    }

    [Fact]
    public void DeploymentThatIsGone_HasNoSeries_AndMakesRoom()
    {
        var first = served.Add();
        instruments.Answered(first, 1, TimeSpan.Zero);
        for (var i = 1; i < PredictionInstruments.MostDeployments; i++)
        {
            instruments.Answered(served.Add(), 1, TimeSpan.Zero);
        }

        var late = served.Add();
        instruments.Answered(late, 1, TimeSpan.Zero);
        served.Remove(first);
        var without = meters.Read(Rows);
        instruments.Answered(late, 5, TimeSpan.Zero);
        var after = meters.Read(Rows);

        Assert.DoesNotContain($"{first}", without.Keys);
        Assert.DoesNotContain($"{late}", without.Keys);
        // What was summed stays where it was: a counter never falls.
        Assert.Equal((1, 5), (after["other"], after[$"{late}"]));
        Assert.Equal(PredictionInstruments.MostDeployments + 2, after.Count);
    }

    [Fact]
    public void DeploymentThatNobodyAsksForADay_HasNoSeries_AndMakesRoom()
    {
        var (busy, idle) = (served.Add(), served.Add());
        instruments.Answered(busy, 1, TimeSpan.Zero);
        instruments.Answered(idle, 1, TimeSpan.Zero);
        Assert.Equal((1, 1), (meters.Read(Rows)[$"{busy}"], meters.Read(Rows)[$"{idle}"]));
        time.Advance(PredictionInstruments.Idle - TimeSpan.FromTicks(1));
        instruments.Refused(busy, 429);
        Assert.Equal(1, meters.Read(Rows)[$"{idle}"]);

        time.Advance(TimeSpan.FromTicks(1));

        var after = meters.Read(Rows);
        Assert.Equal(1, after[$"{busy}"]);
        Assert.DoesNotContain($"{idle}", after.Keys);
        // It begins again at zero: to who counts, a restart.
        instruments.Answered(idle, 3, TimeSpan.Zero);
        Assert.Equal((1, 3), (meters.Read(Rows)[$"{busy}"], meters.Read(Rows)[$"{idle}"]));
    }

    [Fact]
    public async Task Counts_FromSeveralThreads_AreExact()
    {
        var deployments = Enumerable.Range(0, 8).Select(_ => served.Add()).ToArray();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                instruments.Answered(deployments[i % 8], 3, TimeSpan.Zero);
                instruments.Refused(deployments[i % 8], 429);
            }
        })));

        var requests = meters.Read(PredictionInstruments.Requests);

        Assert.All(deployments, id => Assert.Equal((10_000, 10_000, 30_000), (requests[$"{id},200"], requests[$"{id},429"], meters.Read(Rows)[$"{id}"])));
        Assert.Equal(80_000, meters.Recorded("mlops.predict.duration").Count);
    }

    [Fact]
    public void InFlight_IsWhatWasAdmittedAndNotAnswered()
    {
        using (admission.Enter(1_000))
        {
            Assert.Equal(1, meters.Read("mlops.predict.in_flight")[""]);
            Assert.Equal(1_000, meters.Read("mlops.predict.buffered")[""]);
        }

        Assert.Equal(0, meters.Read("mlops.predict.in_flight")[""]);
        Assert.Equal(0, meters.Read("mlops.predict.buffered")[""]);
    }

    [Fact]
    public void Answered_AllocatesNothing()
    {
        using var unheard = new UnheardMeters();
        using var unheardToo = new DeploymentMeter(unheard);
        var quiet = new PredictionInstruments(unheard, unheardToo, served, admission, time);
        var id = served.Add();

        // The first begins a count; the second is the first that finds one.
        quiet.Answered(id, 1, TimeSpan.Zero);
        quiet.Answered(id, 1, TimeSpan.Zero);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            quiet.Answered(id, 1, TimeSpan.FromMicroseconds(i));
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private sealed class UnheardMeters : IMeterFactory
    {
        private readonly Meter meter = new("MlOps.Unheard");

        public Meter Create(MeterOptions options) => meter;

        public void Dispose() => meter.Dispose();
    }
}
