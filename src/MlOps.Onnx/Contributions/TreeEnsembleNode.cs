namespace MlOps.Contributions;

/// <summary>What an operator does with the trees' sums.</summary>
internal enum PostTransform
{
    None,
    Softmax,
    Logistic,
    SoftmaxZero,
    Probit,
}

/// <summary>An operator of trees as its file has it.</summary>
/// <param name="Ensemble">Its targets are the operator's: targets of a regressor, classes of a classifier, or the one class that a binary classifier has weights for.</param>
/// <param name="Transform">Applied to the sums.</param>
/// <param name="HasCovers">Its hit rates are real: those of a split's sides add up to its own. Exporters write all ones, too.</param>
/// <param name="IsDouble">What comes in is compared as doubles, else as floats.</param>
internal sealed record TreeEnsembleNode(TreeEnsemble Ensemble, PostTransform Transform, bool HasCovers, bool IsDouble);
