namespace MlOps;

/// <summary>One thing that is wrong with a request.</summary>
/// <param name="Pointer">Where, as an RFC 6901 JSON pointer into the body, e.g. <c>/inputs/3/amount</c>.</param>
/// <param name="Detail">What is wrong and what to send instead.</param>
[GenerateSerializer, Immutable, Alias("MlOps.Fault")]
public sealed record Fault(string Pointer, string Detail);
