namespace MlOps.Drift;

/// <summary>
/// The distance of a window from its baseline over frozen bins, and what it is worth (design §6): Σ (q−p)·ln(q/p) with half a row added to each
/// bin on both sides, over the bins that are not empty on both. Without drift it is (1/n+1/m) times a χ² of one degree less than there are bins.
/// </summary>
/// <param name="Value">0 for an empty window: nothing says that it moved.</param>
/// <param name="Bins">Bins that are not empty on both sides.</param>
/// <param name="BaselineRows">n.</param>
/// <param name="Rows">m.</param>
/// <param name="Expected">What chance alone gives on average; null when the window, or the baseline, is empty.</param>
/// <param name="PValue">The probability that chance alone gives more; null when the window, or the baseline, is empty.</param>
/// <param name="MinRows">Window rows from which chance alone hardly looks moderate; null when no number would do, because the baseline is too small.</param>
[GenerateSerializer, Immutable, Alias("MlOps.PopulationStabilityIndex")]
public sealed record PopulationStabilityIndex(
    double Value, int Bins, long BaselineRows, long Rows, double? Expected, double? PValue, long? MinRows, DriftStatus Status)
{
    /// <summary>A window of fewer rows says nothing, however few the bins are.</summary>
    public const int LeastRows = 200;

    /// <summary>So improbable a distance is drift, however few rows show it.</summary>
    private const double Certain = 1e-4;

    // The values that a χ² exceeds once in a hundred times, by degrees of freedom.
    private static readonly double[] Critical = [0, .. Enumerable.Range(1, 63).Select(degrees => ChiSquared.Quantile(0.01, degrees))];

    /// <summary>Nothing to compare with yet.</summary>
    public static PopulationStabilityIndex Unknown(long rows) => new(0, 0, 0, rows, null, null, null, DriftStatus.InsufficientData);

    /// <param name="baseline">Rows by bin.</param>
    /// <param name="window">Rows by bin; a shorter one has none in the rest.</param>
    public static PopulationStabilityIndex Of(ReadOnlySpan<long> baseline, ReadOnlySpan<long> window)
    {
        var (bins, n, m) = Sizes(baseline, window);
        var minRows = LeastSufficient(bins, n);
        if (n == 0 || m == 0)
        {
            return new PopulationStabilityIndex(0, bins, n, m, null, null, minRows, DriftStatus.InsufficientData);
        }

        var psi = 0.0;
        for (var bin = 0; bin < baseline.Length; bin++)
        {
            var (a, b) = (baseline[bin], bin < window.Length ? window[bin] : 0);
            if (a + b > 0)
            {
                var p = (a + 0.5) / (n + (bins / 2.0));
                var q = (b + 0.5) / (m + (bins / 2.0));
                psi += (q - p) * Math.Log(q / p);
            }
        }

        var spread = (1.0 / n) + (1.0 / m);
        var pValue = bins > 1 ? ChiSquared.Survival(psi / spread, bins - 1) : 1;
        var status = IsEnough(m, n, bins) || pValue < Certain ? DriftThresholds.Status(psi) : DriftStatus.InsufficientData;
        return new PopulationStabilityIndex(psi, bins, n, m, (bins - 1) * spread, pValue, minRows, status);
    }

    /// <summary>Whether a window has the rows that its baseline asks for, or will never have: the look-back waits for nothing else.</summary>
    internal static bool HasMinRows(ReadOnlySpan<long> baseline, ReadOnlySpan<long> window)
    {
        var (bins, n, m) = Sizes(baseline, window);
        return LeastSufficient(bins, n) is not { } least || m >= least;
    }

    private static (int Bins, long BaselineRows, long Rows) Sizes(ReadOnlySpan<long> baseline, ReadOnlySpan<long> window)
    {
        if (window.Length > baseline.Length && window[baseline.Length..].ContainsAnyExcept(0))
        {
            throw new ArgumentException($"The window counts bins that the baseline's {baseline.Length} lack.", nameof(window));
        }

        var (bins, n, m) = (0, 0L, 0L);
        for (var bin = 0; bin < baseline.Length; bin++)
        {
            var (a, b) = (baseline[bin], bin < window.Length ? window[bin] : 0);
            bins += a + b > 0 ? 1 : 0;
            n += a;
            m += b;
        }

        return (bins, n, m);
    }

    private static bool IsEnough(long m, long n, int bins) => m >= LeastRows && ((1.0 / n) + (1.0 / m)) * CriticalValue(bins) < DriftThresholds.Moderate;

    private static long? LeastSufficient(int bins, long n)
    {
        var critical = CriticalValue(bins);
        if (n == 0)
        {
            return null;
        }

        if (critical == 0)
        {
            return LeastRows;
        }

        var room = (DriftThresholds.Moderate / critical) - (1.0 / n);
        if (room <= 0)
        {
            return null;
        }

        var least = Math.Max(LeastRows, (long)Math.Ceiling(1 / room));
        return IsEnough(least, n, bins) ? least : least + 1;
    }

    private static double CriticalValue(int bins) =>
        bins <= 1 ? 0 : bins <= Critical.Length ? Critical[bins - 1] : ChiSquared.Quantile(0.01, bins - 1);
}
