namespace MlOps.Drift;

/// <summary>How far a distribution has moved (contract §7).</summary>
public enum DriftStatus
{
    /// <summary>PSI below 0.10.</summary>
    Low = 0,

    /// <summary>PSI from 0.10.</summary>
    Moderate = 1,

    /// <summary>PSI from 0.25.</summary>
    High = 2,

    /// <summary>With so few rows chance alone could look moderate.</summary>
    InsufficientData = 3,

    /// <summary>There is nothing to compare with.</summary>
    NoBaseline = 4,
}

internal static class DriftThresholds
{
    public const double Moderate = 0.10;
    public const double High = 0.25;

    public static DriftStatus Status(double psi) => psi < Moderate ? DriftStatus.Low : psi < High ? DriftStatus.Moderate : DriftStatus.High;
}
