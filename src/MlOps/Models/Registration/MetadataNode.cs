using System.Collections.Immutable;
using System.Text.Json;

namespace MlOps.Models.Registration;

/// <summary>A value of the metadata with its place: reads it as what it should be, or notes a fault there.</summary>
internal readonly record struct MetadataNode(JsonElement Value, string Pointer, FaultList Faults)
{
    /// <summary>The property of that name; null when it is absent or null, which mean the same.</summary>
    public MetadataNode? Find(string name) =>
        Value.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? At(name, value) : null;

    public MetadataNode At(string name, JsonElement value) => new(value, $"{Pointer}/{FaultList.Escape(name)}", Faults);

    public bool IsObject(string meaning) => Is(JsonValueKind.Object, $"must be an object: {meaning}");

    public string? Text(string meaning)
    {
        if (Value.ValueKind == JsonValueKind.String && Value.GetString() is { Length: > 0 } text)
        {
            return text;
        }

        Fault($"must be a text that is not empty: {meaning}");
        return null;
    }

    public bool? Flag() => Is(Value.ValueKind is JsonValueKind.True or JsonValueKind.False, "must be true or false.") ? Value.GetBoolean() : null;

    public double? Number(string meaning) => Is(JsonValueKind.Number, $"must be a number: {meaning}") ? Value.GetDouble() : null;

    public Scalar? Single()
    {
        var scalar = Scalar.From(Value) is { IsNull: false } value ? value : (Scalar?)null;
        if (scalar is null)
        {
            Fault("must be a single value: a number, a text, true or false.");
        }

        return scalar;
    }

    /// <summary>The value among those allowed.</summary>
    public T? Choice<T>(IReadOnlyDictionary<string, T> allowed)
        where T : struct
    {
        if (Value.ValueKind == JsonValueKind.String && allowed.TryGetValue(Value.GetString()!, out var found))
        {
            return found;
        }

        var near = Value.ValueKind == JsonValueKind.String && NearestName.Of(Value.GetString()!, allowed.Keys) is { } name ? $" Did you mean '{name}'?" : "";
        Fault($"must be one of {string.Join(", ", allowed.Keys.Select(one => $"\"{one}\""))}.{near}");
        return null;
    }

    public ImmutableArray<MetadataNode> Items(string meaning)
    {
        if (!Is(JsonValueKind.Array, $"must be a list: {meaning}"))
        {
            return [];
        }

        var (at, faults) = (Pointer, Faults);
        return [.. Value.EnumerateArray().Select((item, index) => new MetadataNode(item, $"{at}/{index}", faults))];
    }

    public void Fault(string detail) => Faults.Add(Pointer, $"{Pointer[1..]} {detail}");

    private bool Is(JsonValueKind kind, string otherwise) => Is(Value.ValueKind == kind, otherwise);

    private bool Is(bool met, string otherwise)
    {
        if (!met)
        {
            Fault(otherwise);
        }

        return met;
    }
}
