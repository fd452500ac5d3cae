using System.Collections.Immutable;

namespace MlOps.Models.Registration;

/// <summary>Reads <c>metadata.features</c>, and finds what in an entry contradicts itself.</summary>
internal sealed class FeatureEntryReader(FaultList faults, List<string> warnings)
{
    private static readonly string[] Keys = ["name", "dtype", "nullable", "missing", "domain", "encoding", "unseen"];

    private static readonly Dictionary<string, FeatureType> Types = new(StringComparer.Ordinal)
    {
        ["numeric"] = FeatureType.Numeric,
        ["categorical"] = FeatureType.Categorical,
        ["boolean"] = FeatureType.Boolean,
        ["text"] = FeatureType.Text,
    };

    private static readonly Dictionary<string, bool> Encodings = new(StringComparer.Ordinal) { ["index"] = true };

    public ImmutableArray<FeatureEntry> Read(MetadataNode list)
    {
        var entries = list.Items("{name, dtype, nullable?, missing?, domain?, encoding?, unseen?} for each feature.").Select(Entry).OfType<FeatureEntry>().ToImmutableArray();
        foreach (var twice in entries.GroupBy(entry => entry.Name, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            faults.Add(twice.Last().Pointer + "/name", $"metadata/features names '{twice.Key}' twice: names must differ.");
        }

        return entries;
    }

    private FeatureEntry? Entry(MetadataNode node, int index)
    {
        if (!node.IsObject("{name, dtype, nullable?, missing?, domain?, encoding?, unseen?}."))
        {
            return null;
        }

        UnknownKeys.Warn(node.Value, $"metadata.features[{index}]", Keys, warnings);
        var name = Required(node, "name")?.Text("the feature's name.");
        var type = Required(node, "dtype")?.Choice(Types);
        var entry = new FeatureEntry(
            index,
            name ?? "",
            type ?? FeatureType.Numeric,
            node.Find("nullable")?.Flag(),
            node.Find("missing")?.Single(),
            node.Find("domain") is { } domain ? Domain(domain) : default,
            node.Find("encoding")?.Choice(Encodings) ?? false,
            node.Find("unseen")?.Single(),
            node.Value);
        if (type is not null)
        {
            Contradictions(node, entry);
        }

        return name is null ? null : entry;
    }

    private static MetadataNode? Required(MetadataNode node, string key)
    {
        var found = node.Find(key);
        if (found is null)
        {
            node.Fault($"lacks \"{key}\".");
        }

        return found;
    }

    private static ImmutableArray<Scalar> Domain(MetadataNode node)
    {
        var values = node.Items("the values that the feature can have.").Select(item => item.Single()).OfType<Scalar>().ToImmutableArray();
        if (values.IsEmpty)
        {
            node.Fault("must hold a value.");
        }

        foreach (var twice in values.GroupBy(value => value.ToString(), StringComparer.Ordinal).Where(group => group.Count() > 1).Take(10))
        {
            node.Fault($"holds '{twice.Key}' twice.");
        }

        return values;
    }

    private static void Contradictions(MetadataNode node, FeatureEntry entry)
    {
        if (entry is { Nullable: false, Missing: not null })
        {
            node.Fault($"says that '{entry.Name}' is not nullable (\"nullable\": false) and what a null is fed as (\"missing\"): drop one of them.");
        }

        if (entry.IndexEncoded && entry.Type != FeatureType.Categorical)
        {
            node.Fault($"says \"encoding\": \"index\" for '{entry.Name}', which only \"dtype\": \"categorical\" can have.");
        }

        if (entry.Unseen is not null && !entry.IndexEncoded)
        {
            node.Fault($"says \"unseen\" for '{entry.Name}', which only a feature with \"encoding\": \"index\" can have.");
        }

        if (!entry.Domain.IsDefault && entry.Type != FeatureType.Categorical)
        {
            node.Fault($"says a \"domain\" for '{entry.Name}', which only \"dtype\": \"categorical\" can have.");
        }

        if (entry.IndexEncoded && (entry.Missing is { AsNumber: null } || entry.Unseen is { AsNumber: null }))
        {
            node.Fault($"says what a missing or unseen value of '{entry.Name}' is fed as: \"missing\" and \"unseen\" of an index are numbers, fed as given.");
        }
    }
}
