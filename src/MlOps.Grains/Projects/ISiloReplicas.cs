using MlOps.Deployments;
using Orleans.Services;

namespace MlOps.Projects;

/// <summary>Each silo's ear for changes. Epochs only rise: messages may come late, twice or in any order.</summary>
[Alias("MlOps.ISiloReplicas")]
internal interface ISiloReplicas : IGrainService
{
    /// <summary>Loads and tries the model of a deployment that is to take production, or a canary's share of it. Throws what keeps it from serving.</summary>
    [Alias("Prepare")]
    Task Prepare(Deployment deployment);

    /// <summary>Serves the project as it is in this state, unless a newer one is known. Answers the epoch that is served then.</summary>
    [Alias("Apply")]
    Task<long> Apply(ProjectState state);

    /// <summary>Serves nothing of a deleted project any more.</summary>
    [Alias("Forget")]
    Task Forget(ProjectId project);

    /// <summary>Reads the keys again. Answers the epoch that is known then.</summary>
    [Alias("ApplyKeys")]
    Task<long> ApplyKeys(long epoch);
}
