using System.Collections.Immutable;

namespace MlOps.Predictions;

/// <summary>The prediction of one row.</summary>
/// <param name="Label">Classification and anomaly: the class; null for a regression.</param>
/// <param name="Value">Regression: the value; anomaly: the score; else null.</param>
/// <param name="Probabilities">In the order of <see cref="Models.OutputSpec.Classes"/>; default where there are none.</param>
public sealed record Prediction(string? Label, double? Value, ImmutableArray<double> Probabilities);
