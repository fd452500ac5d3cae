using MlOps.Deployments;
using MlOps.Models;
using MlOps.Predictions;
using MlOps.Projects;

namespace MlOps.Tests.Predictions;

/// <summary>A silo that serves these deployments, without loading any.</summary>
internal sealed class ServedDeployments : IReplicaHost
{
    private readonly Dictionary<DeploymentId, Deployment> served = [];

    public bool IsReady => true;

    public DeploymentId Add()
    {
        var born = DateTimeOffset.UnixEpoch;
        var spec = new DeploymentSpec(ModelId.New(born), "d", 100, false, PrivacySettings.None, null);
        var deployment = new Deployment(DeploymentId.New(born), ProjectId.New(born), spec, Stage.Staging, "m", "GBM", null, born, born);
        served.Add(deployment.Id, deployment);
        return deployment.Id;
    }

    public void Remove(DeploymentId id) => served.Remove(id);

    public Deployment? Known(DeploymentId id) => served.GetValueOrDefault(id);

    public Deployment? KnownProduction(ProjectId project) => null;

    public int EffectiveTrafficPercent(Deployment deployment) => 0;

    public ValueTask<ReplicaLease> Find(DeploymentId id, CancellationToken cancellation) => throw new NotSupportedException();

    public ValueTask<ReplicaLease> FindProduction(ProjectId project, string? routingKey, CancellationToken cancellation) => throw new NotSupportedException();
}
