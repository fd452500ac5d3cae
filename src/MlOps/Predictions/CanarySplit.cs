using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using MlOps.Deployments;
using MlOps.Projects;

namespace MlOps.Predictions;

/// <summary>A canary and its share of the project's address, in percent.</summary>
public readonly record struct CanaryShare(DeploymentId Deployment, int Percent);

/// <summary>
/// Who answers on a project's address: a circle of a hundred slots, one for each percent. A canary has a place on it, by its id, and takes the slots
/// from there on that older canaries left; production has the rest. So changing a canary moves nobody between others: what it gains or gives up, and,
/// where two shares meet, a younger canary that has to go round it.
/// </summary>
public sealed class CanarySplit
{
    public const int Slots = 100;

    /// <summary>The longest routing key, in characters.</summary>
    public const int LongestKey = 255;

    private const int IdBytes = 16;

    // 0 is production, else one more than the canary's index.
    private readonly byte[] owners = new byte[Slots];

    private CanarySplit(ImmutableArray<CanaryShare> canaries)
    {
        Canaries = canaries;
        for (var canary = 0; canary < canaries.Length; canary++)
        {
            var (id, left) = canaries[canary];
            var place = Place(id);
            for (var step = 0; step < Slots && left > 0; step++)
            {
                ref var owner = ref owners[(place + step) % Slots];
                if (owner == 0)
                {
                    owner = (byte)(canary + 1);
                    left--;
                }
            }
        }
    }

    /// <summary>Oldest first.</summary>
    public ImmutableArray<CanaryShare> Canaries { get; }

    /// <summary>The split of a project; null while it has no canaries.</summary>
    public static CanarySplit? Of(ProjectState state)
    {
        var canaries = state.Deployments
            .Where(deployment => deployment is { Stage: Stage.Staging, Spec.Canary: true })
            .OrderBy(deployment => deployment.Id.Value)
            .Select(deployment => new CanaryShare(deployment.Id, deployment.Spec.TrafficPercent))
            .ToImmutableArray();
        return canaries.IsEmpty ? null : new CanarySplit(canaries);
    }

    /// <summary>
    /// The slot of a routing key, the same on every silo and for ever: the first 8 bytes of SHA-256 over the project's id (16 bytes, as its text reads)
    /// and the key in UTF-8, as a fraction of 2^64 of the circle.
    /// </summary>
    public static int Slot(ProjectId project, ReadOnlySpan<char> key)
    {
        if (key.Length > LongestKey)
        {
            throw new ArgumentException($"A routing key has at most {LongestKey} characters.", nameof(key));
        }

        Span<byte> bytes = stackalloc byte[IdBytes + 3 * LongestKey];
        project.Value.TryWriteBytes(bytes, bigEndian: true, out _);
        return Hash(bytes[..(IdBytes + Encoding.UTF8.GetBytes(key, bytes[IdBytes..]))]);
    }

    /// <summary>The canary that has the slot; null when production has.</summary>
    public DeploymentId? At(int slot) => owners[slot] is var owner && owner > 0 ? Canaries[owner - 1].Deployment : null;

    private static int Place(DeploymentId id)
    {
        Span<byte> bytes = stackalloc byte[IdBytes];
        id.Value.TryWriteBytes(bytes, bigEndian: true, out _);
        return Hash(bytes);
    }

    private static int Hash(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return (int)Math.BigMul(BinaryPrimitives.ReadUInt64BigEndian(hash), Slots, out _);
    }
}
