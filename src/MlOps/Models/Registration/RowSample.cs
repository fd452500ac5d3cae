namespace MlOps.Models.Registration;

/// <summary>
/// A uniform sample of a table's rows that depends on nothing but their numbers: the rows with the smallest hashes. The hash never changes,
/// so the same rows are taken from the same table in whatever format it comes.
/// </summary>
internal static class RowSample
{
    private const int Shift = 48;

    /// <summary>A bijection of 64-bit numbers (the finalizer of SplitMix64), so no two rows tie.</summary>
    public static ulong Hash(long row)
    {
        var z = (ulong)row + 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>The largest hash of the <paramref name="size"/> rows that are kept of <paramref name="rows"/>.</summary>
    public static ulong Limit(long rows, int size)
    {
        if (rows <= size)
        {
            return ulong.MaxValue;
        }

        var counts = new int[1 << (64 - Shift)];
        for (var row = 0L; row < rows; row++)
        {
            counts[Hash(row) >> Shift]++;
        }

        var (bucket, before) = (0, 0L);
        while (before + counts[bucket] < size)
        {
            before += counts[bucket++];
        }

        var within = new List<ulong>(counts[bucket]);
        for (var row = 0L; row < rows; row++)
        {
            if ((int)(Hash(row) >> Shift) == bucket)
            {
                within.Add(Hash(row));
            }
        }

        within.Sort();
        return within[(int)(size - before - 1)];
    }
}
