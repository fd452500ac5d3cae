using System.Text.Json;
using MlOps.Models;
using MlOps.Predictions;

namespace MlOps.Contributions;

/// <summary>Writes the contributions of a predict call's rows.</summary>
internal static class ContributionWriter
{
    private static readonly JsonEncodedText ClassName = JsonEncodedText.Encode("contribution_class");
    private static readonly JsonEncodedText Contributions = JsonEncodedText.Encode("contributions");
    private static readonly JsonEncodedText ByClass = JsonEncodedText.Encode("contributions_by_class");
    private static readonly JsonEncodedText Space = JsonEncodedText.Encode("contribution_space");
    private static readonly JsonEncodedText Method = JsonEncodedText.Encode("contribution_method");
    private static readonly JsonEncodedText Feature = JsonEncodedText.Encode("feature");
    private static readonly JsonEncodedText Value = JsonEncodedText.Encode("value");
    private static readonly JsonEncodedText StandardError = JsonEncodedText.Encode("standard_error");
    private static readonly JsonEncodedText BiasTerm = JsonEncodedText.Encode("BiasTerm");

    /// <summary>Within a row's prediction: the class that its contributions speak for. Nothing for a regression.</summary>
    public static void Class(Utf8JsonWriter json, PredictionBatch batch, int row, IExplainer explainer)
    {
        if (batch.Plan.Signature.Output.Task == ModelTask.Classification)
        {
            json.WriteString(ClassName, batch.Plan.ClassNames[explainer.Scores == 1 ? 1 : batch.Outputs.Classes[row]]);
        }
    }

    /// <summary>Beside the predictions: the contributions of every row, and what they are.</summary>
    public static void Write(Utf8JsonWriter json, PredictionBatch batch, ContributionChoice choice, IExplainer explainer)
    {
        var found = batch.Contributions!;
        json.WriteStartArray(Contributions);
        for (var row = 0; row < batch.Rows; row++)
        {
            var score = explainer.Scores == 1 ? 0 : batch.Outputs.Classes[row];
            var at = found.All ? score : 0;
            json.WriteStartArray();
            Entries(json, batch, choice, found.Of(row, at), found.ErrorsOf(row, at), 1, explainer.Bias(score));
            json.WriteEndArray();
        }

        json.WriteEndArray();
        if (choice.AllClasses && batch.Plan.Signature.Output.Task == ModelTask.Classification)
        {
            WriteByClass(json, batch, choice, explainer);
        }

        json.WriteString(Space, ContributionWords.Of(explainer.Space));
        json.WriteString(Method, ContributionWords.Of(explainer.Method));
    }

    private static void WriteByClass(Utf8JsonWriter json, PredictionBatch batch, ContributionChoice choice, IExplainer explainer)
    {
        var (found, names) = (batch.Contributions!, batch.Plan.ClassNames);
        json.WriteStartArray(ByClass);
        for (var row = 0; row < batch.Rows; row++)
        {
            json.WriteStartObject();
            for (var index = 0; index < names.Length; index++)
            {
                json.WriteStartArray(names[index]);
                if (explainer.Scores > 1)
                {
                    Entries(json, batch, choice, found.Of(row, index), found.ErrorsOf(row, index), 1, explainer.Bias(index));
                }
                else
                {
                    // Of two classes the other's score is the opposite: of a probability, what is left of one.
                    var bias = explainer.Bias(0);
                    var other = explainer.Space == ContributionSpace.Probability ? 1 - bias : -bias;
                    Entries(json, batch, choice, found.Of(row, 0), found.ErrorsOf(row, 0), index == 1 ? 1 : -1, index == 1 ? bias : other);
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Entries(
        Utf8JsonWriter json, PredictionBatch batch, ContributionChoice choice, ReadOnlySpan<double> values, ReadOnlySpan<double> errors, int sign, double bias)
    {
        Span<double> signed = values.Length <= 256 ? stackalloc double[values.Length] : new double[values.Length];
        for (var feature = 0; feature < signed.Length; feature++)
        {
            signed[feature] = sign * values[feature];
        }

        foreach (var feature in choice.Order(signed))
        {
            json.WriteStartObject();
            json.WriteString(Feature, batch.Plan.FeatureNames[feature]);
            json.WriteNumber(Value, signed[feature]);
            if (errors.Length > 0)
            {
                json.WriteNumber(StandardError, errors[feature]);
            }

            json.WriteEndObject();
        }

        json.WriteStartObject();
        json.WriteString(Feature, BiasTerm);
        json.WriteNumber(Value, bias);
        json.WriteEndObject();
    }
}
