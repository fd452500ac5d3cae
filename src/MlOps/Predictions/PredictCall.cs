namespace MlOps.Predictions;

/// <summary>What a predict call asks for besides its rows.</summary>
/// <param name="Single">One object was sent, not an array.</param>
/// <param name="Warnings">What the caller should know; null when nothing.</param>
internal readonly record struct PredictCall(PredictOptions Options, bool Single, List<string>? Warnings);
