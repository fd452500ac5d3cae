using System.Text.Json;
using MlOps.Models;

namespace MlOps.Predictions;

/// <summary>Rows of a model's example request, to try it with.</summary>
public static class ExampleRows
{
    /// <summary>Fills the batch with the example's first row, so many times.</summary>
    /// <param name="example">A body for predict.</param>
    public static void Fill(PredictionBatch batch, string example, int rows)
    {
        using var document = JsonDocument.Parse(example);
        var inputs = document.RootElement.GetProperty("inputs");
        var row = inputs.ValueKind == JsonValueKind.Array ? inputs[0] : inputs;
        batch.Resize(rows);
        var features = batch.Plan.Signature.Features;
        for (var feature = 0; feature < features.Length; feature++)
        {
            var value = row.TryGetProperty(features[feature].Name, out var given) ? Scalar.From(given) ?? Scalar.Null : Scalar.Null;
            for (var at = 0; at < rows; at++)
            {
                if (batch.Set(at, feature, value) is { } wrong)
                {
                    throw new MlOpsException(ErrorCode.ModelError, $"The model's example request does not fit its signature: {wrong}");
                }
            }
        }
    }
}
