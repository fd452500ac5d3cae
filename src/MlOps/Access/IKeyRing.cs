namespace MlOps.Access;

/// <summary>The active keys of this silo, in memory: the check of every request.</summary>
public interface IKeyRing
{
    /// <summary>The caller that <paramref name="key"/> stands for, or null when it is unknown, expired or deleted. Compares in constant time.</summary>
    ValueTask<Caller?> Find(ReadOnlySpan<char> key);

    /// <summary>Whether this very caller, found before, would be found again: its key has been neither changed nor deleted and has not expired.</summary>
    bool Holds(Caller caller);
}
