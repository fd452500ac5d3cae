namespace MlOps.Deployments;

/// <summary>Where a deployment stands in its life.</summary>
public enum Stage
{
    /// <summary>Being tried; answers at its own address.</summary>
    Staging = 0,

    /// <summary>Answers the project's traffic; at most one per project.</summary>
    Production = 1,

    /// <summary>Out of service; can be rolled back to.</summary>
    Archived = 2,
}
