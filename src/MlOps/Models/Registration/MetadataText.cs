using System.Text.Json;

namespace MlOps.Models.Registration;

/// <summary>Parses the metadata part, and refuses what no reading of it could be sure of: names that are there twice, numbers out of range, broken text.</summary>
internal static class MetadataText
{
    /// <exception cref="MlOpsException"><see cref="ErrorCode.MalformedBody"/> when it is not JSON, <see cref="ErrorCode.InvalidMetadata"/> for the rest.</exception>
    public static JsonElement Parse(string json)
    {
        JsonElement root;
        try
        {
            using var document = JsonDocument.Parse(json);
            root = document.RootElement.Clone();
        }
        catch (JsonException exception)
        {
            throw new MlOpsException(
                ErrorCode.MalformedBody,
                $"The metadata part is not JSON (line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}): send one object, {{}} when there is nothing to say.",
                [new Fault("/metadata", "Not JSON.")],
                exception);
        }

        var faults = new FaultList();
        if (root.ValueKind != JsonValueKind.Object)
        {
            faults.Add("/metadata", "metadata must be a JSON object");
        }
        else
        {
            Walk(root, "/metadata", faults);
        }

        faults.Throw(ErrorCode.InvalidMetadata, "The metadata cannot be read");
        return root;
    }

    private static void Walk(JsonElement element, string pointer, FaultList faults)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var names = new HashSet<string>(StringComparer.Ordinal);
                foreach (var property in element.EnumerateObject())
                {
                    if (Text(() => property.Name) is not { } name)
                    {
                        faults.Add(pointer, $"{pointer[1..]} has a name that holds half of a surrogate pair, which is no text");
                        continue;
                    }

                    var at = $"{pointer}/{FaultList.Escape(name)}";
                    if (!names.Add(name))
                    {
                        faults.Add(at, $"{at[1..]} is there twice");
                    }

                    Walk(property.Value, at, faults);
                }

                break;
            case JsonValueKind.Array:
                var index = 0;
                foreach (var item in element.EnumerateArray())
                {
                    Walk(item, $"{pointer}/{index++}", faults);
                }

                break;
            case JsonValueKind.String when Text(element.GetString) is null:
                faults.Add(pointer, $"{pointer[1..]} holds half of a surrogate pair, which is no text");
                break;
            case JsonValueKind.Number when !element.TryGetDouble(out var number) || !double.IsFinite(number):
                faults.Add(pointer, $"{pointer[1..]} is beyond the range of a 64-bit float");
                break;
        }
    }

    private static string? Text(Func<string?> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
