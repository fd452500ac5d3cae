using System.Buffers;
using System.Text.Json;

namespace MlOps.Predictions;

/// <summary>Reads rows: finds each name's feature, feeds its value, and settles what is absent.</summary>
internal struct RowReader(PredictionBatch batch, FaultList faults)
{
    private const int NotedUnknown = 20;

    private readonly FeatureColumn[] columns = batch.Plan.Columns;
    private readonly int[] seenInRow = batch.SeenInRow();
    private List<string>? unknown;
    private int unknownInRow;
    private int next;

    /// <summary>Reads one row; the reader stands on its first token, and afterwards on its last.</summary>
    public void Read(ref Utf8JsonReader reader, int row, bool single)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            faults.Add(Pointer(row, single, null), "A row must be an object of feature names and values.");
            reader.Skip();
            return;
        }

        next = 0;
        unknownInRow = 0;
        var firstUnknown = unknown?.Count ?? 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var feature = Find(ref reader, row, single);
            reader.Read();
            if (feature < 0)
            {
                reader.Skip();
                continue;
            }

            if (seenInRow[feature] == row + 1)
            {
                faults.Add(Pointer(row, single, columns[feature].Spec.Name), $"'{columns[feature].Spec.Name}' is there twice.");
            }

            seenInRow[feature] = row + 1;
            if (Value(ref reader, row, columns[feature]) is { } wrong)
            {
                faults.Add(Pointer(row, single, columns[feature].Spec.Name), wrong);
            }
        }

        SettleAbsent(row, single, firstUnknown);
    }

    /// <summary>Unknown names and unseen values, for the answer; null when there is nothing to say.</summary>
    public readonly List<string>? Warnings()
    {
        List<string>? warnings = null;
        if (unknown is not null)
        {
            foreach (var name in unknown.Distinct(StringComparer.Ordinal).Take(NotedUnknown))
            {
                (warnings ??= []).Add($"'{name}' is no feature of this model and was ignored.");
            }
        }

        foreach (var (feature, value) in batch.Unseen)
        {
            (warnings ??= []).Add($"'{columns[feature].Spec.Name}' has the value '{value}', which is not among its known values.");
        }

        return warnings;
    }

    // Clients send the same order row after row: the feature after the last one is tried first.
    private int Find(ref Utf8JsonReader reader, int row, bool single)
    {
        if (next < columns.Length && reader.ValueTextEquals(columns[next].Utf8Name))
        {
            return next++;
        }

        var feature = reader.ValueIsEscaped || reader.HasValueSequence ? Escaped(ref reader) : batch.Plan.Names.Find(reader.ValueSpan);
        if (feature >= 0)
        {
            next = feature + 1;
            return feature;
        }

        unknownInRow++;
        unknown ??= [];
        if (unknown.Count < 10 * NotedUnknown)
        {
            var name = Text(ref reader);
            if (name is null)
            {
                faults.Add(Pointer(row, single, null), "A name holds half of a surrogate pair, which is no text.");
            }
            else
            {
                unknown.Add(name);
            }
        }

        return -1;
    }

    private readonly int Escaped(ref Utf8JsonReader reader)
    {
        foreach (var column in columns)
        {
            if (reader.ValueTextEquals(column.Utf8Name))
            {
                return Array.IndexOf(columns, column);
            }
        }

        return -1;
    }

    private readonly string? Value(ref Utf8JsonReader reader, int row, FeatureColumn column)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Number:
                var isWhole = reader.TryGetInt64(out var whole);
                var value = isWhole ? whole : reader.GetDouble();
                if (double.IsInfinity(value))
                {
                    return $"'{column.Spec.Name}' is beyond the range of a 64-bit float.";
                }

                return column.Number(batch, row, value, isWhole ? whole : value == Math.Floor(value) && Math.Abs(value) < 9.2e18 ? (long)value : null);
            case JsonTokenType.True or JsonTokenType.False:
                return column.Boolean(batch, row, reader.TokenType == JsonTokenType.True);
            case JsonTokenType.Null:
                return column.Null(batch, row);
            case JsonTokenType.String when !reader.ValueIsEscaped:
                return column.Text(batch, row, reader.ValueSpan);
            case JsonTokenType.String:
                return EscapedText(ref reader, row, column);
            default:
                reader.Skip();
                return $"'{column.Spec.Name}' must be a single value, not an object or array.";
        }
    }

    private readonly string? EscapedText(ref Utf8JsonReader reader, int row, FeatureColumn column)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
        try
        {
            return column.Text(batch, row, buffer.AsSpan(0, reader.CopyString(buffer)));
        }
        catch (InvalidOperationException)
        {
            return $"'{column.Spec.Name}' holds half of a surrogate pair, which is no text.";
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // A name that is absent is a missing value, unless another name is unknown: a typo must not score as missing.
    private readonly void SettleAbsent(int row, bool single, int firstUnknown)
    {
        var typo = false;
        for (var feature = 0; feature < columns.Length; feature++)
        {
            if (seenInRow[feature] == row + 1)
            {
                continue;
            }

            if (unknownInRow > 0)
            {
                typo = true;
            }
            else if (columns[feature].Null(batch, row) is { } wrong)
            {
                faults.Add(Pointer(row, single, columns[feature].Spec.Name), wrong);
            }
        }

        if (typo && unknown is not null && !faults.IsFull)
        {
            var seen = seenInRow;
            var absent = columns.Where((_, feature) => seen[feature] != row + 1).Select(column => column.Spec.Name).ToList();
            foreach (var name in unknown.Skip(firstUnknown).DefaultIfEmpty(unknown[^1]))
            {
                faults.Add(
                    Pointer(row, single, name),
                    $"'{name}' is no feature of this model, and {string.Join(", ", absent.Take(10).Select(one => $"'{one}'"))} {(absent.Count == 1 ? "is" : "are")} absent: {NearestName.Propose(name, absent)}");
            }
        }
    }

    private static string? Text(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string Pointer(int row, bool single, string? name)
    {
        var at = single ? "/inputs" : $"/inputs/{row}";
        return name is null ? at : $"{at}/{FaultList.Escape(name)}";
    }
}
