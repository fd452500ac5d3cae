using System.Globalization;
using System.Text.Json;

namespace MlOps.Requests;

/// <summary>
/// Reads the fields of a JSON object by name. What is wrong goes to the faults and reads as absent, so that one answer tells everything;
/// what nobody reads is unknown.
/// </summary>
internal sealed class FieldReader
{
    private readonly Dictionary<string, JsonElement> fields = new(StringComparer.Ordinal);
    private readonly List<string> known = [];
    private readonly string pointer;
    private readonly FaultList faults;

    public FieldReader(JsonElement element, string pointer, FaultList faults)
    {
        this.pointer = pointer;
        this.faults = faults;
        foreach (var property in element.EnumerateObject())
        {
            // A name that cannot be kept has been told by the check of the text; looking any other up in the element would fail on it.
            if (JsonText.NameOf(property) is { } name)
            {
                fields[name] = property.Value;
            }
        }
    }

    public bool IsEmpty => fields.Count == 0;

    /// <summary>Whether the field is there, null or not.</summary>
    public bool Has(string name) => fields.ContainsKey(name);

    /// <summary>A text of 1 to so many characters that is not blank.</summary>
    public string? Name(string name, int longest, bool required = true)
    {
        var text = Text(name, longest, required);
        if (text is not null && string.IsNullOrWhiteSpace(text))
        {
            Fault(name, $"'{name}' must not be blank.");
        }

        return text;
    }

    public string? Text(string name, int longest, bool required = false)
    {
        if (Value(name, required) is not { } value)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.String)
        {
            Fault(name, $"'{name}' must be a text.");
            return null;
        }

        var text = JsonText.Of(value);
        if (text is not null && Characters.MoreThan(text, longest))
        {
            Fault(name, $"'{name}' must have at most {longest} characters.");
            return null;
        }

        return text;
    }

    /// <summary>One of several texts.</summary>
    public string? Choice(string name, IReadOnlyCollection<string> choices, bool required = false)
    {
        var text = Text(name, int.MaxValue, required);
        if (text is null || choices.Contains(text))
        {
            return text;
        }

        Fault(name, $"'{name}' must be {string.Join(" or ", choices)}, not '{Shortened(text)}'.");
        return null;
    }

    public int? Integer(string name, int least, int most)
    {
        if (Value(name) is not { } value)
        {
            return null;
        }

        // JSON has one kind of number: 5.0 is the integer 5.
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number == Math.Floor(number) && number >= least && number <= most)
        {
            return (int)number;
        }

        Fault(name, $"'{name}' must be a whole number from {least} to {most}.");
        return null;
    }

    public double? Number(string name, double least, double most)
    {
        if (Value(name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= least && number <= most)
        {
            return number;
        }

        Fault(name, string.Create(CultureInfo.InvariantCulture, $"'{name}' must be a number from {least} to {most}."));
        return null;
    }

    public bool? Flag(string name)
    {
        if (Value(name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetBoolean();
        }

        Fault(name, $"'{name}' must be true or false.");
        return null;
    }

    /// <summary>An id of ours, a UUID with hyphens.</summary>
    public T? Id<T>(string name, bool required = false)
        where T : struct, IParsable<T>
    {
        var text = Text(name, int.MaxValue, required);
        if (text is null)
        {
            return null;
        }

        if (T.TryParse(text, CultureInfo.InvariantCulture, out var id))
        {
            return id;
        }

        Fault(name, $"'{name}' must be a UUID like 01890a5d-ac96-774b-bcce-b302099a8057, not '{Shortened(text)}'.");
        return null;
    }

    /// <summary>A time as RFC 3339 writes it, with its zone.</summary>
    public DateTimeOffset? Time(string name)
    {
        var text = Text(name, int.MaxValue);
        if (text is null)
        {
            return null;
        }

        if (Rfc3339.TryParse(text, out var time))
        {
            return time;
        }

        Fault(name, $"'{name}' must be a time like 2030-01-31T12:00:00Z, not '{Shortened(text)}'.");
        return null;
    }

    public JsonElement? Object(string name) => OfKind(name, JsonValueKind.Object, "an object");

    public JsonElement? Array(string name, bool required = false) => OfKind(name, JsonValueKind.Array, "an array", required);

    /// <summary>The value as it came; null when it is absent, or null itself.</summary>
    public JsonElement? Value(string name, bool required = false)
    {
        known.Add(name);
        if (fields.TryGetValue(name, out var value) && value.ValueKind != JsonValueKind.Null)
        {
            return value;
        }

        if (required)
        {
            Fault(name, value.ValueKind == JsonValueKind.Null ? $"'{name}' must not be null." : $"'{name}' is missing.");
        }

        return null;
    }

    public void Fault(string name, string detail) => faults.Add($"{pointer}/{FaultList.Escape(name)}", detail);

    /// <summary>Refuses every field that has not been read, with the nearest known name.</summary>
    public void RefuseUnknown()
    {
        foreach (var name in Unread())
        {
            Fault(name, $"'{Shortened(name)}' is no field here: {(known.Count == 0 ? "there are none." : NearestName.Propose(name, known))}");
        }
    }

    /// <summary>The fields that have not been read, in their order.</summary>
    public IEnumerable<string> Unread() => fields.Keys.Where(name => !known.Contains(name));

    public JsonElement this[string name] => fields[name];

    private static string Shortened(string text) => text.Length <= 80 ? text : $"{text.AsSpan(0, char.IsHighSurrogate(text[79]) ? 79 : 80)}…";

    private JsonElement? OfKind(string name, JsonValueKind kind, string what, bool required = false)
    {
        var value = Value(name, required);
        if (value is null || value.Value.ValueKind == kind)
        {
            return value;
        }

        Fault(name, $"'{name}' must be {what}.");
        return null;
    }
}
