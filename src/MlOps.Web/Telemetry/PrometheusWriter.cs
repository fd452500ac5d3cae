using System.Globalization;
using System.Text;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace MlOps.Telemetry;

/// <summary>
/// Writes what a collection finds as Prometheus reads it, in its text format 0.0.4. The exporter of OpenTelemetry keeps every metric that it has ever written, its places for
/// series included, though its meter is gone: as much as some kilobytes for each deployment that has ever been.
/// </summary>
internal sealed class PrometheusWriter : BaseExporter<Metric>
{
    // Units that are written out; the others are only told to who reads the metric by OTLP.
    private static readonly Dictionary<string, string> Units = new() { ["s"] = "_seconds", ["By"] = "_bytes" };

    /// <summary>What the last collection found.</summary>
    public string Written { get; private set; } = "";

    public override ExportResult Export(in Batch<Metric> batch)
    {
        var families = new SortedDictionary<string, List<Metric>>(StringComparer.Ordinal);
        foreach (var metric in batch)
        {
            var name = Name(metric);
            if (!families.TryGetValue(name, out var family))
            {
                families.Add(name, family = []);
            }

            family.Add(metric);
        }

        var text = new StringBuilder();
        foreach (var (name, family) in families)
        {
            text.Append("# TYPE ").Append(name).Append(' ').Append(Type(family[0])).Append('\n');
            if (family[0].Description is { Length: > 0 } description)
            {
                text.Append("# HELP ").Append(name).Append(' ').Append(Escape(description)).Append('\n');
            }

            family.ForEach(metric => Write(text, name, metric));
        }

        Written = text.ToString();
        return ExportResult.Success;
    }

    private static string Name(Metric metric)
    {
        var name = Sanitized(metric.Name);
        var unit = Units.GetValueOrDefault(metric.Unit, "");
        name = name.EndsWith(unit, StringComparison.Ordinal) ? name : name + unit;
        return IsCounter(metric) ? name + "_total" : name;
    }

    private static bool IsCounter(Metric metric) => metric.MetricType is MetricType.LongSum or MetricType.DoubleSum;

    private static string Type(Metric metric) => IsCounter(metric) ? "counter" : metric.MetricType == MetricType.Histogram ? "histogram" : "gauge";

    private static void Write(StringBuilder text, string name, Metric metric)
    {
        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            switch (metric.MetricType)
            {
                case MetricType.Histogram:
                    Histogram(text, name, in point);
                    break;
                case MetricType.LongSum or MetricType.LongSumNonMonotonic:
                    Sample(text, name, point.Tags, point.GetSumLong());
                    break;
                case MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic:
                    Sample(text, name, point.Tags, point.GetSumDouble());
                    break;
                case MetricType.LongGauge:
                    Sample(text, name, point.Tags, point.GetGaugeLastValueLong());
                    break;
                case MetricType.DoubleGauge:
                    Sample(text, name, point.Tags, point.GetGaugeLastValueDouble());
                    break;
            }
        }
    }

    private static void Histogram(StringBuilder text, string name, in MetricPoint point)
    {
        var below = 0L;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            below += bucket.BucketCount;
            Sample(text, name + "_bucket", point.Tags, below, Number(bucket.ExplicitBound));
        }

        Sample(text, name + "_sum", point.Tags, point.GetHistogramSum());
        Sample(text, name + "_count", point.Tags, point.GetHistogramCount());
    }

    /// <param name="bound">Label <c>le</c> of a bucket.</param>
    private static void Sample(StringBuilder text, string name, ReadOnlyTagCollection tags, double value, string? bound = null)
    {
        text.Append(name);
        var before = '{';
        foreach (var (label, tag) in tags)
        {
            Label(text, ref before, Sanitized(label), Convert.ToString(tag, CultureInfo.InvariantCulture) ?? "");
        }

        if (bound is not null)
        {
            Label(text, ref before, "le", bound);
        }

        text.Append(before == '{' ? "" : "}").Append(' ').Append(Number(value)).Append('\n');
    }

    private static void Label(StringBuilder text, ref char before, string name, string value)
    {
        text.Append(before).Append(name).Append("=\"").Append(Escape(value).Replace("\"", "\\\"", StringComparison.Ordinal)).Append('"');
        before = ',';
    }

    private static string Number(double value) => double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString(CultureInfo.InvariantCulture);

    private static string Escape(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string Sanitized(string name) => string.Create(name.Length, name, static (into, from) =>
    {
        for (var at = 0; at < into.Length; at++)
        {
            into[at] = char.IsAsciiLetter(from[at]) || (at > 0 && char.IsAsciiDigit(from[at])) ? from[at] : '_';
        }
    });
}
