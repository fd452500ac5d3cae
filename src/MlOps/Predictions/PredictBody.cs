using System.Text.Json;
using System.Text.Unicode;

namespace MlOps.Predictions;

/// <summary>Reads the body of a predict call once, straight into the batch's columns, checking every value on the way.</summary>
internal ref struct PredictBody
{
    private const int MaxDepth = 64;

    private readonly PredictionBatch batch;
    private readonly int maxRows;
    private readonly FaultList faults = new();
    private Utf8JsonReader reader;
    private RowReader rows;

    private PredictBody(ReadOnlySpan<byte> body, PredictionBatch batch, int maxRows)
    {
        this.batch = batch;
        this.maxRows = maxRows;
        reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
        rows = new RowReader(batch, faults);
    }

    /// <summary>Fills the batch. Answers the options and the warnings.</summary>
    /// <exception cref="MlOpsException">400 for what is no JSON, 422 with every fault found.</exception>
    public static PredictCall Read(ReadOnlySpan<byte> body, PredictionBatch batch, int maxRows)
    {
        if (!Utf8.IsValid(body))
        {
            throw new MlOpsException(ErrorCode.MalformedBody, "The body is not valid UTF-8.");
        }

        var parser = new PredictBody(body, batch, maxRows);
        try
        {
            return parser.Parse();
        }
        catch (JsonException broken)
        {
            throw new MlOpsException(
                ErrorCode.MalformedBody, $"The body is not JSON: line {broken.LineNumber + 1}, byte {broken.BytePositionInLine + 1}. NaN and Infinity are no JSON numbers: send null for a missing value.");
        }
    }

    private PredictCall Parse()
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            SkipToEnd();
            throw new MlOpsException(ErrorCode.ValidationFailed, "The body must be an object: {\"inputs\": {…}}.", [new Fault("", "The body must be an object with 'inputs'.")]);
        }

        var options = PredictOptions.Default;
        var (seenInputs, seenOptions, single, count) = (false, false, true, 0);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("inputs"u8))
            {
                Duplicate(seenInputs, "inputs");
                seenInputs = true;
                reader.Read();
                (single, count) = Inputs();
            }
            else if (reader.ValueTextEquals("options"u8))
            {
                Duplicate(seenOptions, "options");
                seenOptions = true;
                reader.Read();
                options = PredictOptionsReader.Read(ref reader, faults);
            }
            else
            {
                var name = reader.GetString()!;
                faults.Add($"/{name}", $"'{name}' is no field of this body: {NearestName.Propose(name, ["inputs", "options"])}");
                reader.Read();
                reader.Skip();
            }
        }

        reader.Read();
        if (!seenInputs)
        {
            faults.Add("/inputs", "'inputs' is missing: send one object, or an array of objects, with the features' values.");
        }

        if (options.Ids is { } ids && ids.Length != count)
        {
            faults.Add("/options/ids", $"There must be as many ids as rows: {ids.Length} ids for {count} rows.");
        }

        faults.Throw(ErrorCode.InvalidInputs, "The request cannot be predicted");
        return new PredictCall(options, single, rows.Warnings());
    }

    private (bool Single, int Count) Inputs()
    {
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            batch.Reserve(1);
            rows.Read(ref reader, 0, single: true);
            batch.Resize(1);
            return (true, 1);
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            faults.Add("/inputs", "'inputs' must be an object, or an array of objects.");
            reader.Skip();
            return (true, 0);
        }

        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (count == maxRows)
            {
                throw new MlOpsException(
                    ErrorCode.InvalidInputs, $"At most {maxRows} rows fit into one call: send several.", [new Fault("/inputs", $"There are more than {maxRows} rows.")]);
            }

            batch.Reserve(count + 1);
            rows.Read(ref reader, count, single: false);
            count++;
        }

        if (count == 0)
        {
            faults.Add("/inputs", "'inputs' is empty: send at least one row.");
        }

        batch.Resize(count);
        return (false, count);
    }

    private readonly void Duplicate(bool seen, string name)
    {
        if (seen)
        {
            faults.Add($"/{name}", $"'{name}' is there twice.");
        }
    }

    // What is no object may still be no JSON either: that is the better answer.
    private void SkipToEnd()
    {
        while (reader.Read())
        {
        }
    }
}

/// <summary>What a predict call asks for besides its rows.</summary>
/// <param name="Single">One object was sent, not an array.</param>
internal readonly record struct PredictCall(PredictOptions Options, bool Single, List<string>? Warnings);
