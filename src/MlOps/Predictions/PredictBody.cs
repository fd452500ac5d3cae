using System.Text.Json;
using System.Text.Unicode;

namespace MlOps.Predictions;

/// <summary>Reads the body of a predict call once, straight into the batch's columns, checking every value on the way.</summary>
internal ref struct PredictBody
{
    private const int MaxDepth = 64;
    private const int RowsBeforeGuess = 8;

    private static readonly string[] Known = ["inputs", "options"];

    private readonly ReadOnlySpan<byte> body;
    private readonly PredictionBatch batch;
    private readonly int maxRows;
    private readonly FaultList faults = new();
    private Utf8JsonReader reader;
    private RowReader rows;
    private PredictOptionsReader optionsReader;
    private bool single = true;
    private int count;
    private int rowFaults;

    private PredictBody(ReadOnlySpan<byte> body, PredictionBatch batch, int maxRows)
    {
        this.body = body;
        this.batch = batch;
        this.maxRows = maxRows;
        reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
        rows = new RowReader(batch, faults);
        optionsReader = new PredictOptionsReader(faults);
    }

    /// <summary>Fills the batch. Answers the options and the warnings.</summary>
    /// <exception cref="MlOpsException">400 for what is no JSON, 422 with every fault found.</exception>
    public static PredictCall Read(ReadOnlySpan<byte> body, PredictionBatch batch, int maxRows)
    {
        if (!Utf8.IsValid(body))
        {
            throw new MlOpsException(ErrorCode.MalformedBody, "The body is not valid UTF-8.");
        }

        if (body.IsEmpty)
        {
            throw new MlOpsException(ErrorCode.MalformedBody, "The body is empty: send a JSON object, {\"inputs\": {…}}.");
        }

        var parser = new PredictBody(Text(body), batch, maxRows);
        try
        {
            return parser.Parse();
        }
        catch (JsonException broken)
        {
            throw parser.Malformed(broken);
        }
    }

    /// <summary>The body without the mark that some clients begin it with; the batch's rows have their places in this.</summary>
    public static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> body) => body.StartsWith("\uFEFF"u8) ? body[3..] : body;

    private PredictCall Parse()
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            reader.Read();
            throw new MlOpsException(
                ErrorCode.ValidationFailed, "The body must be an object: {\"inputs\": {…}}.", [new Fault("", "The body must be an object with 'inputs'.")]);
        }

        var options = PredictOptions.Default;
        var (seenInputs, seenOptions) = (false, false);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (faults.IsFull)
            {
                // A hundred faults are all that is answered: what follows only has to be JSON.
                reader.Read();
                reader.Skip();
            }
            else if (JsonText.Is(ref reader, "inputs"u8))
            {
                if (Once(ref seenInputs, "inputs"))
                {
                    Inputs();
                }
            }
            else if (JsonText.Is(ref reader, "options"u8))
            {
                if (Once(ref seenOptions, "options"))
                {
                    options = optionsReader.Read(ref reader);
                }
            }
            else
            {
                var name = JsonText.Read(ref reader) is { } text ? PredictionBatch.Shortened(text) : "\uFFFD";
                faults.Add($"/{FaultList.Escape(name)}", $"'{name}' is no field of this body: {NearestName.Propose(name, Known)}");
                reader.Read();
                reader.Skip();
            }
        }

        // Finds what follows the object, which is not JSON any more.
        reader.Read();
        if (!seenInputs)
        {
            faults.Add("/inputs", "'inputs' is missing: send one object, or an array of objects, with the features' values.");
        }

        if (options.Ids is { } ids && seenInputs && ids.Length != count)
        {
            faults.Add("/options/ids", $"There must be as many ids as rows: {ids.Length} ids for {count} rows.");
        }

        faults.Throw(optionsReader.Refusal ?? (rowFaults > 0 ? ErrorCode.InvalidInputs : ErrorCode.ValidationFailed), "The request cannot be predicted");
        return new PredictCall(options, single, Warnings());
    }

    private bool Once(ref bool seen, string name)
    {
        reader.Read();
        if (!seen)
        {
            return seen = true;
        }

        faults.Add($"/{name}", $"'{name}' is there twice.");
        reader.Skip();
        return false;
    }

    private void Inputs()
    {
        var before = faults.Count;
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            batch.Reserve(1);
            Row(single: true);
            count = 1;
        }
        else if (reader.TokenType == JsonTokenType.StartArray)
        {
            single = false;
            Rows();
        }
        else
        {
            faults.Add("/inputs", "'inputs' must be an object, or an array of objects.");
        }

        rowFaults = faults.Count - before;
        if (rowFaults == 0)
        {
            batch.Resize(count);
        }
    }

    private void Rows()
    {
        var start = reader.BytesConsumed;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (count == maxRows)
            {
                throw new MlOpsException(
                    ErrorCode.InvalidInputs, $"At most {maxRows} rows fit into one call: send several.", [new Fault("/inputs", $"There are more than {maxRows} rows.")]);
            }

            if (count >= RowsBeforeGuess && count == batch.Capacity)
            {
                // As long as the rows so far, so many will come: grown once, not again and again.
                var guess = (long)count * (body.Length - start) / Math.Max(1, reader.BytesConsumed - start);
                batch.Reserve((int)Math.Clamp(guess + (guess / 16), count + 1, Math.Max(count + 1, Math.Min(maxRows, batch.MostRows))));
            }

            batch.Reserve(count + 1);
            Row(single: false);
            count++;
        }

        if (count == 0)
        {
            faults.Add("/inputs", "'inputs' is empty: send at least one row.");
        }
    }

    private void Row(bool single)
    {
        var start = (int)reader.TokenStartIndex;
        rows.Read(ref reader, count, single);
        batch.NoteSent(count, start, (int)reader.BytesConsumed);
    }

    private readonly List<string>? Warnings()
    {
        List<string>? warnings = null;
        foreach (var name in rows.Unknown.Noted)
        {
            (warnings ??= []).Add($"'{name}' is no feature of this model and was ignored.");
        }

        foreach (var unseen in batch.Unseen)
        {
            (warnings ??= []).Add($"'{batch.Plan.Columns[unseen.Feature].Spec.Name}' has the value '{unseen.Value}', which is not among its known values.");
        }

        return warnings;
    }

    private readonly MlOpsException Malformed(JsonException broken)
    {
        var rest = body[(int)reader.BytesConsumed..].TrimStart(" \t\r\n,:["u8);
        var hint = reader.CurrentDepth >= MaxDepth - 1 ? $" Values may be nested {MaxDepth} deep at most."
            : rest.StartsWith("N"u8) || rest.StartsWith("I"u8) || rest.StartsWith("-I"u8) ? " NaN and Infinity are no JSON numbers: send null for a missing value."
            : "";
        return new MlOpsException(
            ErrorCode.MalformedBody, $"The body is not JSON: line {broken.LineNumber + 1}, byte {broken.BytePositionInLine + 1}.{hint}");
    }
}
