using System.Diagnostics.Metrics;

namespace MlOps.Tests;

/// <summary>Meters of one test, and what their instruments say when they are asked.</summary>
internal sealed class ReadMeters : IMeterFactory
{
    private readonly Dictionary<string, Meter> meters = [];
    private readonly MeterListener listener = new();
    private readonly Dictionary<string, double> observed = [];
    private readonly Dictionary<string, (long Count, double Sum)> recorded = [];

    // Histograms are recorded by any thread, several at once.
    private readonly Lock gate = new();

    public ReadMeters()
    {
        listener.InstrumentPublished = (instrument, to) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, this))
            {
                to.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Take(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        listener.Start();
    }

    public Meter Create(MeterOptions options)
    {
        if (!meters.TryGetValue(options.Name, out var meter))
        {
            options.Scope = this;
            meters.Add(options.Name, meter = new Meter(options));
        }

        return meter;
    }

    /// <summary>Series of an observable instrument: its labels, joined, and its value.</summary>
    public Dictionary<string, double> Read(string instrument)
    {
        observed.Clear();
        listener.RecordObservableInstruments();
        return observed.Where(one => one.Key.StartsWith(instrument + " ", StringComparison.Ordinal)).ToDictionary(one => one.Key[(instrument.Length + 1)..], one => one.Value);
    }

    /// <summary>What was recorded by a histogram.</summary>
    public (long Count, double Sum) Recorded(string instrument)
    {
        lock (gate)
        {
            return recorded.GetValueOrDefault(instrument + " ");
        }
    }

    public void Dispose()
    {
        listener.Dispose();
        foreach (var meter in meters.Values)
        {
            meter.Dispose();
        }
    }

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var series = $"{instrument.Name} {string.Join(',', tags.ToArray().Select(tag => tag.Value))}";
        if (instrument.IsObservable)
        {
            // A series that comes twice is no series.
            observed.Add(series, value);
        }
        else
        {
            lock (gate)
            {
                var (count, sum) = recorded.GetValueOrDefault(series);
                recorded[series] = (count + 1, sum + value);
            }
        }
    }
}
