namespace MlOps.Contributions;

/// <summary>What contributions add up to.</summary>
public enum ContributionSpace
{
    /// <summary>The score before a logistic function or a softmax.</summary>
    LogOdds,
    Probability,

    /// <summary>The value itself: of a regression, a margin, an anomaly score.</summary>
    Value,

    /// <summary>The logarithm of the value.</summary>
    Log,
}

/// <summary>How contributions are found.</summary>
public enum ContributionMethod
{
    /// <summary>Exactly, from the trees and their covers.</summary>
    Tree,

    /// <summary>Exactly, from the weights and the baseline's means.</summary>
    Linear,

    /// <summary>Exactly, from every coalition of features over a background sample.</summary>
    Enumerated,

    /// <summary>From random orders of the features over a background sample.</summary>
    Sampled,
}
