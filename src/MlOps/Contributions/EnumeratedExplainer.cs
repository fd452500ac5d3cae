using System.Collections.Immutable;
using System.Numerics;
using MlOps.Models;
using MlOps.Predictions;

namespace MlOps.Contributions;

/// <summary>Shapley values by their definition: every coalition is run.</summary>
internal sealed class EnumeratedExplainer : CoalitionExplainer
{
    private readonly double[] weights;

    public EnumeratedExplainer(GraphValues values, ContributionSpace space, ImmutableArray<ImmutableArray<Scalar>> rows, CancellationToken deadline)
        : base(values, space, rows, deadline)
    {
        // Of a coalition of s others: s! (n − s − 1)! / n!.
        weights = new double[Features];
        weights[0] = 1.0 / Features;
        for (var size = 1; size < Features; size++)
        {
            weights[size] = weights[size - 1] * size / (Features - size);
        }
    }

    public override ContributionMethod Method => ContributionMethod.Enumerated;

    protected override void Explain(PredictionBatch batch, int row, PredictionBatch mixed, BatchContributions into, CancellationToken deadline)
    {
        var worth = Worth(batch, row, mixed, deadline);
        var (first, count) = Explained(batch, row, into);
        for (var at = 0; at < count; at++)
        {
            var contributions = into.Of(row, at);
            contributions.Clear();
            for (var coalition = 0; coalition < 1 << Features; coalition++)
            {
                Add(worth, coalition, first + at, contributions);
            }
        }
    }

    // Coalition by coalition: [2^features, scores].
    private double[] Worth(PredictionBatch batch, int row, PredictionBatch mixed, CancellationToken deadline)
    {
        var worth = new double[Scores << Features];
        var scores = new double[Background.Rows * Scores];
        for (var coalition = 0; coalition < 1 << Features; coalition++)
        {
            Run(mixed, Background.Rows, (index, at) => Mix(batch, row, coalition, mixed, index, at), scores, deadline);
            for (var at = 0; at < scores.Length; at++)
            {
                worth[(coalition * Scores) + (at % Scores)] += scores[at] / Background.Rows;
            }
        }

        return worth;
    }

    private void Mix(PredictionBatch batch, int row, int coalition, PredictionBatch mixed, int background, int at)
    {
        mixed.CopyRow(Background, background, at);
        for (var members = coalition; members != 0; members &= members - 1)
        {
            mixed.CopyFeature(batch, row, BitOperations.TrailingZeroCount(members), at);
        }
    }

    private void Add(double[] worth, int coalition, int score, Span<double> contributions)
    {
        var size = BitOperations.PopCount((uint)coalition);
        for (var feature = 0; feature < Features; feature++)
        {
            if ((coalition & (1 << feature)) == 0)
            {
                contributions[feature] += weights[size] * (worth[((coalition | (1 << feature)) * Scores) + score] - worth[(coalition * Scores) + score]);
            }
        }
    }
}
