using System.Diagnostics.Metrics;

namespace MlOps.Predictions;

/// <summary>
/// The meter of instruments that have series for each deployment. OpenTelemetry never gives back the place of a series that has ended: when all places are taken, new
/// series become one wrong one. So this meter is made anew when enough deployments have come, and with the old one all its series go; the values are those of whoever
/// declared the instruments, and stay.
/// </summary>
public sealed class DeploymentMeter(IMeterFactory meters) : IDisposable
{
    private readonly Lock renewing = new();
    private readonly List<Action<Meter>> declared = [];
    private Meter? meter;

    /// <summary>It was made anew.</summary>
    public event Action? Renewed;

    public void Dispose() => meter?.Dispose();

    /// <param name="instruments">Creates instruments that are observed. Called again for each new meter.</param>
    public void Declare(Action<Meter> instruments)
    {
        lock (renewing)
        {
            declared.Add(instruments);
            instruments(meter ??= Create());
        }
    }

    // The old one ends first: a collection at that moment may miss these series once, and never has them twice.
    internal void Renew()
    {
        lock (renewing)
        {
            meter?.Dispose();
            meter = Create();
            declared.ForEach(instruments => instruments(meter));
        }

        Renewed?.Invoke();
    }

    // A factory gives the same meter for the same name; this one has to end before the process does.
    private Meter Create() => new(new MeterOptions("MlOps") { Scope = meters });
}
