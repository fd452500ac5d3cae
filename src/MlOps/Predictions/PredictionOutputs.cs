using MlOps.Models;

namespace MlOps.Predictions;

/// <summary>What the graph answered for a batch, in the types that its reading needs; filled by the loaded model, row by row range.</summary>
public sealed class PredictionOutputs
{
    /// <summary>The graph's integer or boolean labels; sized when there is a label output.</summary>
    public long[] IntegerLabels { get; private set; } = [];

    /// <summary>The graph's text labels; sized when there is a label output. A null stands for an integer label.</summary>
    public string?[] TextLabels { get; private set; } = [];

    /// <summary>Score columns, row-major [rows, <see cref="OutputSpec.ScoreWidth"/>], widened to double.</summary>
    public double[] Scores { get; private set; } = [];

    /// <summary>Index into the classes of each row's label; filled by the reading.</summary>
    internal int[] Classes { get; private set; } = [];

    /// <summary>Row-major [rows, classes]; filled by the reading where the scores tell probabilities.</summary>
    internal double[] Probabilities { get; private set; } = [];

    internal void Forget(int rows) => Array.Clear(TextLabels, 0, Math.Min(rows, TextLabels.Length));

    internal void Grow(int rows, OutputSpec output)
    {
        if (output.Label is not null && IntegerLabels.Length < rows)
        {
            IntegerLabels = new long[rows];
            TextLabels = new string?[rows];
        }

        if (Scores.Length < rows * output.ScoreWidth)
        {
            Scores = new double[rows * output.ScoreWidth];
        }

        if (output.Task != ModelTask.Regression && Classes.Length < rows)
        {
            Classes = new int[rows];
            Probabilities = new double[rows * output.Classes.Length];
        }
    }
}
