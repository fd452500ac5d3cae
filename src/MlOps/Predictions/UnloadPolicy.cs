namespace MlOps.Predictions;

/// <summary>
/// Decides which model files leave memory to make room: those in use last, for their memory comes back only after their runs; else productions and
/// canaries last; else the longest unused first.
/// </summary>
public static class UnloadPolicy
{
    /// <param name="excess">Bytes to be freed.</param>
    /// <returns>Indexes into <paramref name="loaded"/>, in the order of unloading; all of it when that is not enough.</returns>
    public static IReadOnlyList<int> Choose(IReadOnlyList<UnloadCandidate> loaded, long excess)
    {
        var order = Enumerable.Range(0, loaded.Count)
            .OrderBy(index => loaded[index].IsInUse)
            .ThenBy(index => loaded[index].TakesTraffic)
            .ThenBy(index => loaded[index].LastUsed);
        var chosen = new List<int>();
        foreach (var index in order)
        {
            if (excess <= 0)
            {
                break;
            }

            chosen.Add(index);
            excess -= loaded[index].Bytes;
        }

        return chosen;
    }
}

/// <summary>A loaded file with all replicas over it: only together do they give its memory back.</summary>
/// <param name="TakesTraffic">One of them is a production or a canary.</param>
/// <param name="LastUsed">Rises with time.</param>
public readonly record struct UnloadCandidate(bool TakesTraffic, bool IsInUse, long LastUsed, long Bytes);
