namespace MlOps.Predictions;

/// <summary>A prediction asked for inside the cluster.</summary>
/// <param name="Body">The body of the REST call: UTF-8 JSON <c>{"inputs": …, "options": …}</c>.</param>
[GenerateSerializer, Immutable, Alias("MlOps.PredictRequest")]
public sealed record PredictRequest(ReadOnlyMemory<byte> Body);

/// <summary>The answer, as the REST call gives it: UTF-8 JSON.</summary>
[GenerateSerializer, Immutable, Alias("MlOps.PredictAnswer")]
public sealed record PredictAnswer(ReadOnlyMemory<byte> Body);
