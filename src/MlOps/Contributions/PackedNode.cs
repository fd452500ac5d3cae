using System.Runtime.CompilerServices;

namespace MlOps.Contributions;

/// <summary>A node in the order of a walk, and the edge that leads to it.</summary>
internal struct PackedNode
{
    /// <summary>The player's o / z when the row takes the edge, and took all of its player's before.</summary>
    public double Quotient;

    /// <summary>Its o / z before the edge, less one; 0 where the player is met first.</summary>
    public double Before;

    public double Value;
    public double[]? Members;
    public int Parent;

    /// <summary>The node of the edge on the path at which the player was met before; 0, the root, where it was not.</summary>
    public int Previous;

    public int Player;

    /// <summary>What the node splits on; for a leaf any, which nobody asks for.</summary>
    public int Column;

    public SplitTest Test;
    public bool IsTrueSide;
    public bool MissingIsTrue;

    // Without branches, which would be guessed wrong every other time.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Holds(double value) => (MissingIsTrue & double.IsNaN(value)) | Test switch
    {
        SplitTest.LessOrEqual => value <= Value,
        SplitTest.Less => value < Value,
        _ => HoldsOther(value),
    };

    private readonly bool HoldsOther(double value) => Test switch
    {
        SplitTest.GreaterOrEqual => value >= Value,
        SplitTest.Greater => value > Value,
        SplitTest.Equal => value == Value,
        SplitTest.NotEqual => value != Value,
        _ => Array.BinarySearch(Members!, value) >= 0,
    };
}

/// <summary>How one row meets an edge and the node behind it.</summary>
internal struct TakenEdge
{
    /// <summary>The player's o / z with the edge, less one; as before it where the row has left the player's path already.</summary>
    public double Now;

    /// <summary>Before the edge.</summary>
    public double Before;

    /// <summary>1: the row does not take the edge, or did not take an earlier one of the same player.</summary>
    public int Cold;

    /// <summary>1: the node's own test holds.</summary>
    public int Holds;
}
