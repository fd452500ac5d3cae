using System.Buffers;
using MlOps.Access;
using MlOps.Predictions;
using MlOps.Projects;

namespace MlOps.Deployments;

internal sealed class DeploymentGrain(
    IDeploymentStore deployments, IProjectStore projects, IReplicaHost replicas, Predictor predictor, Admission admission, SiloFanout silos, TimeProvider time)
    : Grain, IDeploymentGrain
{
    private const int LostRaces = 10;

    private DeploymentId Id => new(this.GetPrimaryKey());

    public Task<Deployment?> Get(CancellationToken cancellation) => deployments.Find(Id, cancellation);

    public async Task<PredictAnswer> Predict(PredictRequest request, CancellationToken cancellation)
    {
        var admitted = time.GetTimestamp();
        using var ticket = admission.Enter(request.Body.Length);
        using var lease = await replicas.Find(Id, cancellation);
        ticket.Enter(lease.Replica);
        var answer = new ArrayBufferWriter<byte>();
        await predictor.Answer(lease, request.Body, admitted, answer, cancellation);
        return new PredictAnswer(answer.WrittenMemory);
    }

    public async Task ReportFailure(string? failure, CancellationToken cancellation)
    {
        for (var race = 0; race < LostRaces; race++)
        {
            // Taken from the state that the commit relies on: one that was read before it may have been changed in between.
            if (await deployments.Find(Id, cancellation) is not { } stored
                || await projects.Load(stored.Project, cancellation) is not { } state
                || state.Deployments.FirstOrDefault(one => one.Id == Id) is not { } deployment
                || deployment.Failure == failure)
            {
                return;
            }

            var now = deployment with { Failure = failure, UpdatedAt = time.GetUtcNow() };
            var happened = new TimelineEvent(
                Guid.CreateVersion7(now.UpdatedAt), now.UpdatedAt, BootstrapKey.Caller.Name, failure is null ? "recovered" : "failed", Id, now.Spec.Model, deployment.Failure, failure);
            if (await projects.Commit(new ProjectChange(now.Project, state.Epoch, [now], [], [happened], null), cancellation))
            {
                await silos.Apply((await projects.Load(now.Project, cancellation))!);
                return;
            }
        }
    }
}
