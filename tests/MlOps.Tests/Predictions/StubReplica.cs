using MlOps.Contributions;
using MlOps.Deployments;
using MlOps.Models;
using MlOps.Predictions;
using MlOps.Projects;

namespace MlOps.Tests.Predictions;

/// <summary>A replica whose model is a function over the batch.</summary>
internal sealed class StubReplica(PredictionPlan plan, Action<PredictionBatch> model) : IReplica
{
    private static readonly DateTimeOffset Born = DateTimeOffset.UnixEpoch;

    public Deployment Deployment { get; set; } = new(
        DeploymentId.New(Born), ProjectId.New(Born), new DeploymentSpec(ModelId.New(Born), "d", 100, false, PrivacySettings.None, null), Stage.Staging, "m", "GBM", null, Born, Born);

    public RegisteredModel Model { get; } =
        new(ModelId.New(Born), ProjectId.New(Born), "m", "GBM", "", [], plan.Signature, plan.Baseline, "{}", "{}", "{}", null, [], Born);

    public PredictionPlan Plan => plan;

    public string DeploymentText => Deployment.Id.ToString();

    public string ModelText => Model.Id.ToString();

    public InFlight InFlight { get; } = new();

    public long Admitted { get; private set; }

    public async ValueTask Run(PredictionBatch batch, long admitted, CancellationToken cancellation)
    {
        Admitted = admitted;
        await Task.Yield();
        model(batch);
    }

    public ValueTask<IExplaining> BeginExplaining(PredictionBatch batch, ContributionChoice choice, long admitted, CancellationToken cancellation) =>
        throw new NotSupportedException("A function is not explained.");

    public void Release()
    {
    }
}
