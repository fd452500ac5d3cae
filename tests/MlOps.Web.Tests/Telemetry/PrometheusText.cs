using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace MlOps.Tests.Telemetry;

/// <summary>A strict reader of Prometheus' text format: what it does not understand, or meets twice, fails the test.</summary>
internal sealed partial class PrometheusText
{
    private readonly Dictionary<string, string> types = [];
    private readonly HashSet<string> helped = [];
    private readonly Dictionary<string, Sample> samples = [];

    private PrometheusText()
    {
    }

    /// <summary>Families by name, with their types.</summary>
    public IReadOnlyDictionary<string, string> Families => types;

    public IEnumerable<Sample> Samples => samples.Values;

    public static PrometheusText Read(string text)
    {
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        var read = new PrometheusText();
        foreach (var line in text[..^1].Split('\n'))
        {
            read.Take(line);
        }

        Assert.All(read.types.Keys, family => Assert.Contains(family, read.helped));
        Assert.All(read.types.Where(family => family.Value == "histogram"), family => read.CheckHistogram(family.Key));
        return read;
    }

    /// <summary>The value of one series; null when there is none.</summary>
    public double? Value(string name, params (string Name, string Value)[] labels) => samples.GetValueOrDefault(Key(name, labels))?.Value;

    private static string Key(string name, IEnumerable<(string Name, string Value)> labels) =>
        $"{name}{{{string.Join(',', labels.OrderBy(label => label.Name, StringComparer.Ordinal).Select(label => $"{label.Name}={label.Value}"))}}}";

    private void Take(string line)
    {
        if (Comment().Match(line) is { Success: true } comment)
        {
            var (word, family, rest) = (comment.Groups[1].Value, comment.Groups[2].Value, comment.Groups[3].Value);
            if (word == "HELP")
            {
                Assert.True(helped.Add(family), $"{family} is explained twice");
            }
            else
            {
                Assert.Contains(rest, (string[])["counter", "gauge", "histogram"]);
                Assert.True(types.TryAdd(family, rest), $"{family} has two types");
            }

            return;
        }

        var match = Series().Match(line);
        Assert.True(match.Success, $"no line of Prometheus' format: '{line}'");
        var name = match.Groups[1].Value;
        var labels = Label().Matches(match.Groups[2].Value).Select(label => (Name: label.Groups[1].Value, Value: label.Groups[2].Value)).ToList();
        Assert.Distinct(labels.Select(label => label.Name));
        var value = match.Groups[3].Value == "+Inf" ? double.PositiveInfinity : double.Parse(match.Groups[3].Value, CultureInfo.InvariantCulture);
        var family2 = types.ContainsKey(name) ? name : Suffix().Replace(name, "");
        Assert.True(types.TryGetValue(family2, out var type) && (family2 == name || type == "histogram"), $"'{name}' has no type");
        Assert.True(samples.TryAdd(Key(name, labels), new Sample(name, labels, value)), $"'{line}' comes twice");
    }

    private void CheckHistogram(string family)
    {
        foreach (var buckets in Samples.Where(sample => sample.Name == $"{family}_bucket").GroupBy(sample => Key("", sample.Labels.Where(label => label.Name != "le"))))
        {
            var counts = buckets.Select(bucket => bucket.Value).ToList();
            Assert.Equal(counts.Order(), counts);
            var last = buckets.Last();
            Assert.Equal("+Inf", last.Labels.Single(label => label.Name == "le").Value);
            Assert.Equal(last.Value, Value($"{family}_count", [.. last.Labels.Where(label => label.Name != "le")]));
        }
    }

    [GeneratedRegex("^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$")]
    private static partial Regex Comment();

    [GeneratedRegex("""^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"(?:,(?!\})|(?=\})))*)\})? (\S+)$""")]
    private static partial Regex Series();

    [GeneratedRegex("""([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)",?""")]
    private static partial Regex Label();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Suffix();

    internal sealed record Sample(string Name, IReadOnlyList<(string Name, string Value)> Labels, double Value);
}
