using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using MlOps.Deployments;
using MlOps.Drift;
using MlOps.Predictions;
using MlOps.Tests.Predictions;
using Xunit;

namespace MlOps.Tests.Drift;

public sealed class DriftInstrumentsTests : IDisposable
{
    private readonly ReadMeters meters = new();
    private readonly ServedDeployments served = new();
    private readonly DeploymentMeter byDeployment;
    private readonly PredictionInstruments predictions;
    private readonly DriftInstruments drift;

    public DriftInstrumentsTests()
    {
        byDeployment = new(meters);
        predictions = new(meters, byDeployment, served, new Admission(Options.Create(new PredictionOptions())), new FakeTimeProvider());
        drift = new(byDeployment, predictions);
    }

    public void Dispose()
    {
        byDeployment.Dispose();
        meters.Dispose();
    }

    [Fact]
    public void Drift_IsToldOfWhatHasEnoughData()
    {
        var (all, features, none) = (Answering(), Answering(), Answering());
        drift.Tell(all, Report(0.3, 0.5, Index(0.2, DriftStatus.Moderate)));
        drift.Tell(features, Report(0.01, 0.02, Index(0.7, DriftStatus.InsufficientData)));
        drift.Tell(none, Report(null, null, PopulationStabilityIndex.Unknown(3)));

        Assert.Equal(
            new Dictionary<string, double> { [$"{all},mean"] = 0.3, [$"{all},max"] = 0.5, [$"{all},prediction"] = 0.2, [$"{features},mean"] = 0.01, [$"{features},max"] = 0.02 },
            meters.Read(PredictionInstruments.Drift));
    }

    [Fact]
    public void Drift_OfWhatIsNotServedAnyMore_Ends()
    {
        var (kept, gone, forgotten) = (Answering(), Answering(), Answering());
        foreach (var id in new[] { kept, gone, forgotten })
        {
            drift.Tell(id, Report(0.3, 0.5, PopulationStabilityIndex.Unknown(3)));
        }

        served.Remove(gone);
        drift.Forget(forgotten);

        Assert.Equal([$"{kept},max", $"{kept},mean"], meters.Read(PredictionInstruments.Drift).Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Drift_HasNoSeriesWhereRequestsHaveNone()
    {
        var all = Enumerable.Range(0, PredictionInstruments.MostDeployments + 5).Select(_ => Answering()).ToList();
        all.ForEach(id => drift.Tell(id, Report(0.3, 0.5, PopulationStabilityIndex.Unknown(3))));

        var told = meters.Read(PredictionInstruments.Drift);

        Assert.Equal(2 * PredictionInstruments.MostDeployments, told.Count);
        Assert.All(told.Keys, series => Assert.True(meters.Read("mlops.predict.rows").ContainsKey(series.Split(',')[0]), series));
    }

    private DeploymentId Answering()
    {
        var id = served.Add();
        predictions.Refused(id, 422);
        return id;
    }

    private static PopulationStabilityIndex Index(double value, DriftStatus status) => new(value, 10, 1_000, 1_000, 0.01, 0.5, 200, status);

    private static DriftReport Report(double? mean, double? max, PopulationStabilityIndex prediction) =>
        new(DriftStatus.Low, 1_000, mean, max, "x", new(1, 0, 0, 0), [], new PredictionDrift("reference", prediction, []));
}
