namespace MlOps.Contributions;

/// <summary>Exact SHAP values of weighted sums: each column's weight times its distance from the baseline's mean, added up by feature.</summary>
internal sealed class LinearExplainer
{
    private readonly LinearModel model;
    private readonly int[] players;
    private readonly double[] means;
    private readonly double[] bias;

    /// <param name="players">For each column the feature that decides it; −1 for none.</param>
    /// <param name="means">For each column its mean over the baseline.</param>
    public LinearExplainer(LinearModel model, int[] players, double[] means)
    {
        (this.model, this.players, this.means) = (model, players, means);
        bias = model.Score(means);
    }

    public long Bytes => sizeof(double) * (long)means.Length * (model.Targets + 2);

    public double Bias(int target) => bias[target];

    /// <param name="row">The columns of one row.</param>
    /// <param name="contributions">Receives one value a feature.</param>
    public void Explain(ReadOnlySpan<double> row, int target, Span<double> contributions)
    {
        contributions.Clear();
        var weights = model.Weights[target];
        for (var column = 0; column < row.Length; column++)
        {
            if (players[column] >= 0)
            {
                contributions[players[column]] += weights[column] * (row[column] - means[column]);
            }
        }
    }
}
