using System.Collections.Immutable;

namespace MlOps.Contributions;

/// <summary>How a model's scores come about, as its file tells: what its contributions can be computed from.</summary>
/// <param name="Source">Trees, weights, or any graph.</param>
/// <param name="IsLogarithm">The source's score is the logarithm of what the graph answers.</param>
/// <param name="Note">Why no better source was found; null for trees and weights.</param>
public sealed record ScoreForm(ScoreSource Source, bool IsLogarithm, string? Note);

/// <summary>What makes a model's raw scores.</summary>
public abstract record ScoreSource;

/// <summary>A sum of trees.</summary>
/// <param name="HasCovers">The covers are the file's own; else they are still to be found.</param>
/// <param name="IsDouble">Columns are compared as doubles; else as floats.</param>
public sealed record TreeScores(TreeEnsemble Ensemble, bool HasCovers, bool IsDouble, EncodedInput Input) : ScoreSource;

/// <summary>Weighted sums of columns.</summary>
public sealed record LinearScores(LinearModel Model, EncodedInput Input) : ScoreSource;

/// <summary>A graph that can only be run.</summary>
/// <param name="Cut">Where its scores stand before a logistic function or a softmax; null for what it answers.</param>
public sealed record GraphScores(GraphCut? Cut) : ScoreSource;

/// <summary>A value within a graph.</summary>
/// <param name="Width">Numbers for each row.</param>
public sealed record GraphCut(string Value, int Width);

/// <summary>The columns that trees or weights look at.</summary>
/// <param name="Cut">Where they stand in the graph, behind its encoders; null when they are those of a graph input as it is fed.</param>
/// <param name="Input">Index of that input.</param>
/// <param name="Players">For each column the feature that decides it; −1 where none does.</param>
public sealed record EncodedInput(GraphCut? Cut, int Input, ImmutableArray<int> Players);

/// <summary>Weighted sums of one row's columns.</summary>
/// <param name="Weights">For each target one weight a column.</param>
/// <param name="Intercepts">For each target what is added.</param>
public sealed record LinearModel(ImmutableArray<ImmutableArray<double>> Weights, ImmutableArray<double> Intercepts)
{
    public int Targets => Weights.Length;

    /// <summary>The raw scores of a row.</summary>
    public double[] Score(ReadOnlySpan<double> row)
    {
        var scores = new double[Targets];
        for (var target = 0; target < scores.Length; target++)
        {
            scores[target] = Intercepts[target];
            for (var column = 0; column < row.Length; column++)
            {
                scores[target] += Weights[target][column] * row[column];
            }
        }

        return scores;
    }
}
