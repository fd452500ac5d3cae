namespace MlOps.Predictions;

/// <summary>What the graph answered for a batch, in the types that its reading needs; filled by the loaded model, row by row range.</summary>
public sealed class PredictionOutputs
{
    /// <summary>The graph's integer or boolean labels; empty when the label is text or there is none.</summary>
    public long[] IntegerLabels { get; set; } = [];

    /// <summary>The graph's text labels; empty otherwise.</summary>
    public string[] TextLabels { get; set; } = [];

    /// <summary>Score columns, row-major [rows, <see cref="Models.OutputSpec.ScoreWidth"/>], widened to double.</summary>
    public double[] Scores { get; set; } = [];
}
