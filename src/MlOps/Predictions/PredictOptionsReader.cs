using System.Text;
using System.Text.Json;
using MlOps.Contributions;

namespace MlOps.Predictions;

/// <summary>Reads <see cref="PredictOptions"/>. What this version cannot honour is refused, never ignored.</summary>
internal ref struct PredictOptionsReader(FaultList faults)
{
    private const int LongestId = 200;

    private static readonly string[] Known =
        ["include_contributions", "store_payload", "privacy_policy_id", "anonymize_logs", "anonymize_response", "ids", "contributions"];

    private static readonly byte[][] KnownUtf8 = [.. Known.Select(Encoding.UTF8.GetBytes)];

    private int given;
    private bool storePayload = true;
    private bool? anonymizeLogs;
    private string[]? ids;
    private bool explains;
    private ContributionChoice? choice;

    /// <summary>Why the whole request is refused, whatever else is wrong with it; null when it need not be.</summary>
    public ErrorCode? Refusal { get; private set; }

    /// <summary>The reader stands on the value of <c>options</c>, and afterwards on its last token.</summary>
    public PredictOptions Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            if (reader.TokenType != JsonTokenType.Null)
            {
                faults.Add("/options", "'options' must be an object.");
                reader.Skip();
            }

            return PredictOptions.Default;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var option = faults.IsFull ? -1 : Find(ref reader);
            if (option < 0)
            {
                Unknown(ref reader);
                continue;
            }

            if ((given & (1 << option)) != 0)
            {
                faults.Add($"/options/{Known[option]}", $"'{Known[option]}' is there twice.");
            }

            given |= 1 << option;
            reader.Read();
            Take(ref reader, Known[option]);
        }

        if (choice is not null && !explains)
        {
            faults.Add("/options/contributions", "'contributions' says how they are answered: send \"include_contributions\": true with it.");
        }

        return new PredictOptions(storePayload, ids, anonymizeLogs, explains ? choice ?? ContributionChoice.Whole : null);
    }

    private static int Find(ref Utf8JsonReader reader)
    {
        var option = Known.Length - 1;
        while (option >= 0 && !JsonText.Is(ref reader, KnownUtf8[option]))
        {
            option--;
        }

        return option;
    }

    private void Take(ref Utf8JsonReader reader, string name)
    {
        switch (name)
        {
            case "store_payload":
                storePayload = Flag(ref reader, name) ?? true;
                break;
            case "anonymize_logs":
                anonymizeLogs = Flag(ref reader, name);
                break;
            case "ids":
                ids = Ids(ref reader);
                break;
            case "include_contributions":
                explains = Flag(ref reader, name) ?? false;
                break;
            case "contributions":
                choice = ContributionChoiceReader.Read(ref reader, faults);
                break;
            case "anonymize_response" when Flag(ref reader, name) == true:
                Refuse(ErrorCode.NotAvailable, name, "Answers cannot be anonymized in this version: leave anonymize_response out, or send false.");
                break;
            case "privacy_policy_id" when reader.TokenType != JsonTokenType.Null:
                reader.Skip();
                faults.Add($"/options/{name}", "There is no such privacy policy: this project has none. Leave privacy_policy_id out.");
                break;
        }
    }

    private void Refuse(ErrorCode code, string name, string detail)
    {
        Refusal ??= code;
        faults.Add($"/options/{name}", detail);
    }

    private readonly void Unknown(ref Utf8JsonReader reader)
    {
        if (!faults.IsFull)
        {
            var name = JsonText.Read(ref reader) is { } text ? PredictionBatch.Shortened(text) : "\uFFFD";
            faults.Add($"/options/{FaultList.Escape(name)}", $"'{name}' is no option: {NearestName.Propose(name, Known)}");
        }

        reader.Read();
        reader.Skip();
    }

    private readonly bool? Flag(ref Utf8JsonReader reader, string name)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.True:
                return true;
            case JsonTokenType.False:
                return false;
            case JsonTokenType.Null:
                return null;
            default:
                reader.Skip();
                faults.Add($"/options/{name}", $"'{name}' must be true or false.");
                return null;
        }
    }

    private readonly string[]? Ids(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            if (reader.TokenType != JsonTokenType.Null)
            {
                reader.Skip();
                faults.Add("/options/ids", "'ids' must be an array with one text per row.");
            }

            return null;
        }

        var read = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var id = reader.TokenType == JsonTokenType.String && !faults.IsFull ? JsonText.Read(ref reader) : null;
            if (id is null or "" || Characters.MoreThan(id, LongestId) || id.Contains('\0', StringComparison.Ordinal))
            {
                faults.Add($"/options/ids/{read.Count}", $"An id must be a text of 1–{LongestId} characters, without NUL and half surrogate pairs.");
            }

            reader.Skip();
            read.Add(id ?? "");
        }

        return [.. read];
    }
}
