using System.Buffers;
using MlOps.Access;
using MlOps.Drift;
using MlOps.InferenceLogs;
using MlOps.Models;
using MlOps.Predictions;
using MlOps.Projects;

namespace MlOps.Deployments;

internal sealed class DeploymentGrain(
    IDeploymentStore deployments,
    IProjectStore projects,
    IModelStore models,
    IReplicaHost replicas,
    Predictor predictor,
    Admission admission,
    SiloFanout silos,
    IInferenceReader reader,
    IInferenceStore log,
    TimeProvider time)
    : Grain, IDeploymentGrain
{
    private const int LostRaces = 10;

    private DriftView? view;
    private RegisteredModel? measured;

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

    public async Task<DeploymentDrift> Drift(int? windowHours, CancellationToken cancellation)
    {
        var deployment = await deployments.Find(Id, cancellation) ?? throw new MlOpsException(ErrorCode.NotFound, "There is no such deployment.");
        view ??= new DriftView(Id, reader, log);
        return await view.Report(await Model(deployment, cancellation), windowHours, time.GetUtcNow(), cancellation);
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

    // A model's baseline is given once, and nothing deletes the model of a deployment that is not archived: then it need not be read again.
    private async Task<RegisteredModel> Model(Deployment deployment, CancellationToken cancellation)
    {
        if (measured?.Baseline is null || deployment.Stage == Stage.Archived)
        {
            measured = (await models.Find(deployment.Spec.Model, cancellation))?.Model ?? throw Lifecycle.ModelDeleted(deployment);
        }

        return measured;
    }
}
