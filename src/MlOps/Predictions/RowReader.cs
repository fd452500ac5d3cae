using System.Buffers;
using System.Text.Json;

namespace MlOps.Predictions;

/// <summary>Reads rows: finds each name's feature, feeds its value, and settles what is absent.</summary>
internal struct RowReader(PredictionBatch batch, FaultList faults)
{
    private readonly FeatureColumn[] columns = batch.Plan.Columns;
    private readonly int[] seenInRow = batch.SeenInRow();
    private readonly UnknownNames unknown = new();
    private int seen;
    private int next;

    /// <summary>Whether the names of the latest rows hold any that are no feature.</summary>
    public readonly UnknownNames Unknown => unknown;

    /// <summary>Reads one row; the reader stands on its first token, and afterwards on its last.</summary>
    public void Read(ref Utf8JsonReader reader, int row, bool single)
    {
        // With a hundred faults the answer is full: what follows only has to be JSON.
        if (reader.TokenType != JsonTokenType.StartObject || faults.IsFull)
        {
            if (!faults.IsFull)
            {
                faults.Add(Pointer(row, single), "A row must be an object of feature names and values.");
            }

            reader.Skip();
            return;
        }

        next = 0;
        seen = 0;
        unknown.StartRow();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (faults.IsFull)
            {
                reader.Read();
                reader.Skip();
                continue;
            }

            var feature = Find(ref reader, row, single);
            reader.Read();
            if (feature < 0)
            {
                reader.Skip();
                continue;
            }

            var column = columns[feature];
            if (seenInRow[feature] == row + 1)
            {
                faults.Add(Pointer(row, single, column), $"'{column.Spec.Name}' is there twice.");
                reader.Skip();
                continue;
            }

            seenInRow[feature] = row + 1;
            seen++;
            if (Value(ref reader, row, column) is { } wrong)
            {
                faults.Add(Pointer(row, single, column), wrong);
            }
        }

        if (seen < columns.Length && !faults.IsFull)
        {
            SettleAbsent(row, single);
        }
    }

    // Clients send the same order row after row: the feature after the last one is tried first.
    private int Find(ref Utf8JsonReader reader, int row, bool single)
    {
        if (next < columns.Length && !reader.ValueIsEscaped && reader.ValueSpan.SequenceEqual(columns[next].Utf8Name))
        {
            return next++;
        }

        var feature = reader.ValueIsEscaped ? Escaped(ref reader) : batch.Plan.Names.Find(reader.ValueSpan);
        if (feature >= 0)
        {
            next = feature + 1;
        }
        else if (unknown.Add(ref reader) is { } wrong)
        {
            faults.Add(Pointer(row, single), wrong);
        }

        return feature;
    }

    private readonly int Escaped(ref Utf8JsonReader reader)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
        var length = JsonText.Copy(ref reader, buffer);
        var feature = length < 0 ? -1 : batch.Plan.Names.Find(buffer.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(buffer);
        return feature;
    }

    private readonly string? Value(ref Utf8JsonReader reader, int row, FeatureColumn column)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Number:
                var value = JsonNumber.Read(reader.ValueSpan, out var whole);
                return double.IsInfinity(value)
                    ? $"'{column.Spec.Name}' is beyond the range of a 64-bit float."
                    : column.Number(batch, row, value, whole);
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
        var length = JsonText.Copy(ref reader, buffer);
        var wrong = length < 0
            ? $"'{column.Spec.Name}' holds half of a surrogate pair, which is no text."
            : column.Text(batch, row, buffer.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(buffer);
        return wrong;
    }

    // A name that is absent is a missing value, unless another name is unknown: a typo must not score as missing.
    private readonly void SettleAbsent(int row, bool single)
    {
        if (unknown.InRow.Count > 0)
        {
            var seenRow = seenInRow;
            var absent = columns.Where((_, feature) => seenRow[feature] != row + 1).Select(column => column.Spec.Name).ToList();
            foreach (var name in unknown.InRow)
            {
                var missing = string.Join(", ", absent.Take(10).Select(one => $"'{one}'")) + (absent.Count > 10 ? ", …" : "");
                faults.Add(
                    $"{Pointer(row, single)}/{FaultList.Escape(name)}",
                    $"'{name}' is no feature of this model, and {missing} {(absent.Count == 1 ? "is" : "are")} absent: {NearestName.Propose(name, absent)}");
            }

            return;
        }

        for (var feature = 0; feature < columns.Length && !faults.IsFull; feature++)
        {
            if (seenInRow[feature] != row + 1 && columns[feature].Null(batch, row) is { } wrong)
            {
                faults.Add(Pointer(row, single, columns[feature]), wrong);
            }
        }
    }

    private static string Pointer(int row, bool single) => single ? "/inputs" : $"/inputs/{row}";

    private static string Pointer(int row, bool single, FeatureColumn column) => $"{Pointer(row, single)}/{FaultList.Escape(column.Spec.Name)}";
}
