using MlOps.Deployments;
using Orleans.Runtime.Services;

namespace MlOps.Projects;

/// <summary>Tells every silo of a change and waits until each has taken it; repeated while the membership changes.</summary>
internal sealed class SiloFanout(IServiceProvider services, IClusterMembershipService membership) : GrainServiceClient<ISiloReplicas>(services)
{
    public Task Prepare(Deployment deployment) => Everywhere(replicas => replicas.Prepare(deployment));

    public Task Apply(ProjectState state) => Everywhere(replicas => replicas.Apply(state));

    public Task Forget(ProjectId project) => Everywhere(replicas => replicas.Forget(project));

    public Task ApplyKeys(long epoch) => Everywhere(replicas => replicas.ApplyKeys(epoch));

    private async Task Everywhere(Func<ISiloReplicas, Task> tell)
    {
        var told = new HashSet<SiloAddress>();
        MembershipVersion version;
        do
        {
            var view = membership.CurrentSnapshot;
            version = view.Version;
            var members = view.Members.Values.Where(member => member.Status == SiloStatus.Active && told.Add(member.SiloAddress));
            await Task.WhenAll(members.Select(member => tell(GetGrainService(member.SiloAddress))));
        }
        while (membership.CurrentSnapshot.Version != version);
    }
}
