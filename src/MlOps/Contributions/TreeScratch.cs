using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MlOps.Contributions;

/// <summary>Memory that explaining a row needs; used again and again by one thread.</summary>
internal sealed class TreeScratch
{
    private TakenEdge[] taken = [];
    private Vector512<double>[] products = [];
    private Vector512<double>[] sums = [];

    public ref TakenEdge Taken(int nodes)
    {
        if (taken.Length < nodes)
        {
            taken = new TakenEdge[nodes];
        }

        return ref MemoryMarshal.GetArrayDataReference(taken);
    }

    public ref Vector512<double> Products(int nodes)
    {
        if (products.Length < nodes)
        {
            products = new Vector512<double>[nodes];
        }

        return ref MemoryMarshal.GetArrayDataReference(products);
    }

    /// <summary>So many sums, all zero.</summary>
    public Span<Vector512<double>> Sums(int count)
    {
        if (sums.Length < count)
        {
            sums = new Vector512<double>[count];
        }

        var zeroed = sums.AsSpan(0, count);
        zeroed.Clear();
        return zeroed;
    }
}
