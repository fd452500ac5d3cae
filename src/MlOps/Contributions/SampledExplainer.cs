using System.Collections.Immutable;
using MlOps.Models;
using MlOps.Predictions;

namespace MlOps.Contributions;

/// <summary>
/// Shapley values estimated without bias: features join a background row one after the other in a random order, and in the same order backwards; what the score changes by when a
/// feature joins is a draw of its value. Each background row has the same number of orders, so that values and bias add up to the score exactly, and their scatter about each
/// background row's mean gives the standard error.
/// </summary>
internal sealed class SampledExplainer : CoalitionExplainer
{
    // Of a background row.
    private const int Pairs = 4;
    private const int Orders = 2 * Pairs;

    public SampledExplainer(GraphValues values, ContributionSpace space, ImmutableArray<ImmutableArray<Scalar>> rows, CancellationToken deadline)
        : base(values, space, rows, deadline)
    {
    }

    public override ContributionMethod Method => ContributionMethod.Sampled;

    protected override void Explain(PredictionBatch batch, int row, PredictionBatch mixed, BatchContributions into, CancellationToken deadline)
    {
        var (first, count) = Explained(batch, row, into);
        for (var at = 0; at < count; at++)
        {
            into.Of(row, at).Clear();
            into.ErrorsOf(row, at).Clear();
        }

        // The same row has the same orders wherever it comes.
        var random = new Random(batch.RowHash(row));
        var orders = new int[Orders][];
        var scores = new double[Orders * Features * Scores];
        for (var background = 0; background < Background.Rows; background++)
        {
            Draw(random, orders);
            var of = background;
            Run(mixed, Orders * Features, (index, at) => Join(batch, row, orders[index / Features], index % Features, of, mixed, at), scores, deadline);
            for (var at = 0; at < count; at++)
            {
                Add(orders, scores, OfBackground[(background * Scores) + first + at], first + at, into.Of(row, at), into.ErrorsOf(row, at));
            }
        }

        for (var at = 0; at < count; at++)
        {
            foreach (ref var error in into.ErrorsOf(row, at))
            {
                error = Math.Sqrt(error) / Background.Rows;
            }
        }
    }

    private void Draw(Random random, int[][] orders)
    {
        for (var pair = 0; pair < Pairs; pair++)
        {
            var order = Enumerable.Range(0, Features).ToArray();
            random.Shuffle(order);
            orders[2 * pair] = order;
            orders[(2 * pair) + 1] = [.. order.Reverse()];
        }
    }

    // The rows of one order stand behind each other: each has one feature more of the explained row. A run may begin within an order.
    private void Join(PredictionBatch batch, int row, int[] order, int joined, int background, PredictionBatch mixed, int at)
    {
        if (joined > 0 && at > 0)
        {
            mixed.CopyRow(mixed, at - 1, at);
            mixed.CopyFeature(batch, row, order[joined], at);
            return;
        }

        mixed.CopyRow(Background, background, at);
        for (var member = 0; member <= joined; member++)
        {
            mixed.CopyFeature(batch, row, order[member], at);
        }
    }

    // The mean of an order and its reverse is one draw; the draws of a background row scatter about their mean.
    private void Add(int[][] orders, double[] scores, double alone, int score, Span<double> contributions, Span<double> errors)
    {
        var draws = new double[Pairs * Features];
        for (var index = 0; index < Orders; index++)
        {
            var before = alone;
            for (var joined = 0; joined < Features; joined++)
            {
                var with = scores[(((index * Features) + joined) * Scores) + score];
                draws[(index / 2 * Features) + orders[index][joined]] += (with - before) / 2;
                before = with;
            }
        }

        for (var feature = 0; feature < Features; feature++)
        {
            var (mean, scatter) = (0.0, 0.0);
            for (var pair = 0; pair < Pairs; pair++)
            {
                mean += draws[(pair * Features) + feature] / Pairs;
            }

            for (var pair = 0; pair < Pairs; pair++)
            {
                var away = draws[(pair * Features) + feature] - mean;
                scatter += away * away;
            }

            contributions[feature] += mean / Background.Rows;
            errors[feature] += scatter / (Pairs - 1) / Pairs;
        }
    }
}
