using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace MlOps.Models.Registration;

/// <summary>Reads the metadata part: every wrong type and every contradiction within it is found in one go.</summary>
internal sealed class MetadataReader
{
    private const int MostExamples = 100;

    private static readonly string[] Keys =
        ["features", "inputs", "constants", "outputs", "classes", "threshold", "task", "target", "metrics", "trained_at", "version", "examples"];

    private static readonly string[] OutputKeys = ["label", "scores", "kind"];
    private static readonly string[] ExampleKeys = ["inputs", "prediction", "probabilities"];

    private static readonly Dictionary<string, ModelTask> Tasks = new(StringComparer.Ordinal)
    {
        ["classification"] = ModelTask.Classification,
        ["regression"] = ModelTask.Regression,
        ["anomaly"] = ModelTask.Anomaly,
    };

    private static readonly Dictionary<string, ScoreKind> Kinds = new(StringComparer.Ordinal)
    {
        ["probability"] = ScoreKind.Probability,
        ["logit"] = ScoreKind.Logit,
        ["margin"] = ScoreKind.Margin,
        ["value"] = ScoreKind.Value,
    };

    private readonly FaultList faults = new();
    private readonly List<string> warnings;
    private readonly MetadataNode root;

    private MetadataReader(JsonElement element, List<string> warnings)
    {
        this.warnings = warnings;
        root = new MetadataNode(element, "/metadata", faults);
    }

    /// <param name="json">The part; null reads as an empty object.</param>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.InvalidMetadata"/> with every fault.</exception>
    public static ModelMetadata Read(string? json, List<string> warnings)
    {
        var element = MetadataText.Parse(json ?? "{}");
        UnknownKeys.Warn(element, "metadata", Keys, warnings);
        return new MetadataReader(element, warnings).Read();
    }

    private ModelMetadata Read()
    {
        var metadata = new ModelMetadata(
            root.Find("features") is { } features ? new FeatureEntryReader(faults, warnings).Read(features) : default,
            Inputs(),
            root.Find("constants") is { } constants && constants.IsObject("graph input to value.")
                ? [.. constants.Value.EnumerateObject().Select(property => new ConstantEntry(property.Name, property.Value))]
                : [],
            Outputs(),
            Classes(),
            Threshold(),
            root.Find("task")?.Choice(Tasks),
            root.Find("target")?.Text("the baseline's column that the model predicts."),
            Examples());
        root.Find("metrics")?.IsObject("metric to value.");
        root.Find("version")?.Single();
        TrainedAt();
        MetadataContradictions.Find(metadata, faults);
        faults.Throw(ErrorCode.InvalidMetadata, "The metadata does not hold together");
        return metadata;
    }

    private ImmutableArray<InputEntry> Inputs()
    {
        if (root.Find("inputs") is not { } inputs || !inputs.IsObject("graph input to its features, in order."))
        {
            return [];
        }

        var entries = ImmutableArray.CreateBuilder<InputEntry>();
        foreach (var property in inputs.Value.EnumerateObject())
        {
            var node = inputs.At(property.Name, property.Value);
            ImmutableArray<MetadataNode> names = property.Value.ValueKind == JsonValueKind.String ? [node] : node.Items("the features that the input takes, in order.");
            if (names.IsEmpty && property.Value.ValueKind == JsonValueKind.Array)
            {
                node.Fault("must name a feature; an input that takes none belongs in \"constants\".");
            }

            entries.Add(new InputEntry(property.Name, [.. names.Select(name => name.Text("a feature's name.")).OfType<string>()]));
        }

        return entries.ToImmutable();
    }

    private OutputsEntry Outputs()
    {
        if (root.Find("outputs") is not { } outputs || !outputs.IsObject("{label, scores, kind}, each optional."))
        {
            return new OutputsEntry(null, default, null);
        }

        UnknownKeys.Warn(outputs.Value, "metadata.outputs", OutputKeys, warnings);
        ImmutableArray<string> scores = default;
        if (outputs.Find("scores") is { } node)
        {
            ImmutableArray<MetadataNode> names = node.Value.ValueKind == JsonValueKind.String ? [node] : node.Items("a graph output, or one for each class.");
            scores = [.. names.Select(name => name.Text("a graph output's name.")).OfType<string>()];
            if (scores.IsEmpty)
            {
                node.Fault("must name a graph output.");
            }
            else if (scores.Distinct(StringComparer.Ordinal).Count() < scores.Length)
            {
                node.Fault("names an output twice.");
            }
        }

        return new OutputsEntry(outputs.Find("label")?.Text("a graph output's name."), scores, outputs.Find("kind")?.Choice(Kinds));
    }

    private ImmutableArray<string> Classes()
    {
        if (root.Find("classes") is not { } node)
        {
            return default;
        }

        var names = node.Items("the names of the classes in the order of the score columns.").Select(item => item.Single()).OfType<Scalar>().Select(value => value.ToString()).ToImmutableArray();
        if (node.Value.ValueKind == JsonValueKind.Array && node.Value.GetArrayLength() < 2)
        {
            node.Fault("must name at least two classes.");
        }

        foreach (var twice in names.GroupBy(name => name, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            node.Fault($"names '{twice.Key}' twice.");
        }

        return names;
    }

    private double? Threshold()
    {
        var node = root.Find("threshold");
        var threshold = node?.Number("the probability from which on classes[1] is predicted.");
        if (threshold is < 0 or > 1)
        {
            node!.Value.Fault("is compared with a probability: a number from 0 to 1.");
        }

        return threshold;
    }

    private void TrainedAt()
    {
        if (root.Find("trained_at") is { } node && node.Text("a time, as in 2026-05-31T12:00:00Z.") is { } text
            && !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _))
        {
            node.Fault("must be an ISO 8601 time, as in 2026-05-31T12:00:00Z.");
        }
    }

    private ImmutableArray<ExampleEntry> Examples()
    {
        if (root.Find("examples") is not { } node)
        {
            return [];
        }

        var items = node.Items("up to 100 of {inputs, prediction, probabilities?}.");
        if (items.Length > MostExamples)
        {
            node.Fault($"may hold {MostExamples} at most, and holds {items.Length}.");
        }

        return [.. items.Take(MostExamples).Select(Example)];
    }

    private ExampleEntry Example(MetadataNode node, int index)
    {
        var inputs = ImmutableArray.CreateBuilder<KeyValuePair<string, Scalar>>();
        var probabilities = ImmutableArray.CreateBuilder<KeyValuePair<string, double>>();
        Scalar? prediction = null;
        if (node.IsObject("{inputs, prediction, probabilities?}."))
        {
            UnknownKeys.Warn(node.Value, $"metadata.examples[{index}]", ExampleKeys, warnings);
            if (node.Find("inputs") is not { } row)
            {
                node.Fault("lacks \"inputs\", the row as a predict call would send it.");
            }
            else if (row.IsObject("feature to value."))
            {
                inputs.AddRange(row.Value.EnumerateObject()
                    .Where(property => property.Value.ValueKind == JsonValueKind.Null || row.At(property.Name, property.Value).Single() is not null)
                    .Select(property => KeyValuePair.Create(property.Name, Scalar.From(property.Value)!.Value)));
            }

            prediction = node.Find("prediction")?.Single();
            if (node.Find("probabilities") is { } shares && shares.IsObject("class to probability."))
            {
                probabilities.AddRange(shares.Value.EnumerateObject()
                    .Select(property => KeyValuePair.Create(property.Name, shares.At(property.Name, property.Value).Number("a probability.") ?? 0)));
            }

            if (node.Find("prediction") is null && probabilities.Count == 0)
            {
                node.Fault("lacks \"prediction\", what the trained model answered for it.");
            }
        }

        return new ExampleEntry(index, inputs.ToImmutable(), prediction, probabilities.ToImmutable());
    }
}
