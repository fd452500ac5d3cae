using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MlOps.Contributions;

/// <summary>Memory that explaining a row needs; used again and again by one thread.</summary>
internal sealed class TreeScratch
{
    private TakenEdge[] taken = [];
    private Vector512<double>[] above = [];
    private Vector512<double>[] below = [];
    private Vector512<double>[] sums = [];

    public ref TakenEdge Taken(int nodes)
    {
        if (taken.Length < nodes)
        {
            taken = new TakenEdge[nodes];
        }

        return ref MemoryMarshal.GetArrayDataReference(taken);
    }

    public ref Vector512<double> Above(int nodes)
    {
        if (above.Length < nodes)
        {
            above = new Vector512<double>[nodes];
        }

        return ref MemoryMarshal.GetArrayDataReference(above);
    }

    /// <summary>All zero.</summary>
    public ref Vector512<double> Below(int nodes) => ref MemoryMarshal.GetReference(Zeroed(ref below, nodes));

    /// <summary>So many sums, all zero.</summary>
    public Span<Vector512<double>> Sums(int count) => Zeroed(ref sums, count);

    private static Span<Vector512<double>> Zeroed(ref Vector512<double>[] memory, int count)
    {
        if (memory.Length < count)
        {
            memory = new Vector512<double>[count];
        }

        var zeroed = memory.AsSpan(0, count);
        zeroed.Clear();
        return zeroed;
    }
}
