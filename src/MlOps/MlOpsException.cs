using System.Collections.Immutable;

namespace MlOps;

/// <summary>A refusal, as one <see cref="ErrorCode"/> of the catalogue. Crosses the cluster with everything the answer says.</summary>
[GenerateSerializer, Alias("MlOps.MlOpsException")]
public sealed class MlOpsException : Exception
{
    /// <param name="code">The entry of the catalogue.</param>
    /// <param name="detail">A sentence that a person can act on.</param>
    /// <param name="faults">Every fault found, for a 422; at most 100 are answered.</param>
    public MlOpsException(ErrorCode code, string detail, ImmutableArray<Fault> faults = default, Exception? inner = null)
        : base(detail, inner)
    {
        Code = code;
        Faults = faults.IsDefault ? [] : faults;
    }

    [Id(0)]
    public ErrorCode Code { get; }

    [Id(1)]
    public ImmutableArray<Fault> Faults { get; }
}
