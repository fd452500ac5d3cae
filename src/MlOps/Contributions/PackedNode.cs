namespace MlOps.Contributions;

/// <summary>A node in the order of a walk, and the edge that leads to it.</summary>
internal struct PackedNode
{
    public int Parent;

    /// <summary>The node of the edge on the path at which the player was met before; 0, the root, where it was not.</summary>
    public int Previous;

    /// <summary>The step when the row takes the edge.</summary>
    public int Hot;

    /// <summary>The step when it does not.</summary>
    public int Cold;

    public int Player;

    /// <summary>What the node splits on; −1 for a leaf.</summary>
    public int Column;

    /// <summary>Number of the leaf; −1 for a split.</summary>
    public int Leaf;

    public SplitTest Test;
    public bool IsTrueSide;
    public bool MissingIsTrue;
    public double Value;
    public double[]? Members;

    public readonly bool Holds(double value) => (MissingIsTrue && double.IsNaN(value)) || Test switch
    {
        SplitTest.LessOrEqual => value <= Value,
        SplitTest.Less => value < Value,
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
    public int Step;

    /// <summary>The row does not take the edge, or did not take an earlier one of the same player.</summary>
    public bool Cold;

    /// <summary>The node's own test.</summary>
    public bool Holds;
}
