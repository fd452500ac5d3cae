using MlOps.Predictions;

namespace MlOps.Contributions;

/// <summary>Finds the contributions of rows that have been predicted. For several threads at once.</summary>
public interface IExplainer : IDisposable
{
    ContributionMethod Method { get; }

    ContributionSpace Space { get; }

    /// <summary>Scores that can be explained: one, or one for each class.</summary>
    int Scores { get; }

    /// <summary>Bytes of memory, about.</summary>
    long Bytes { get; }

    /// <summary>What the contributions of a score are added to.</summary>
    double Bias(int score);

    /// <summary>Fills in the contributions of rows [<paramref name="from"/>, from + <paramref name="count"/>) of a batch whose outputs have been read.</summary>
    /// <exception cref="OperationCanceledException">The deadline has passed.</exception>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.ModelError"/>: the graph failed on rows that were mixed for it.</exception>
    void Explain(PredictionBatch batch, BatchContributions into, int from, int count, CancellationToken deadline);
}
