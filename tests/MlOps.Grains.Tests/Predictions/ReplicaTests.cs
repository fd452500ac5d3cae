using System.Buffers;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using MlOps.Deployments;
using MlOps.Predictions;
using Xunit;

namespace MlOps.Tests.Predictions;

/// <summary>Replicas under load: no run ever meets a model that was given back, hung models are ended, and what hangs twice is out of service.</summary>
public sealed class ReplicaTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_UnderWay_KeepsItsModelWhenTheDeploymentGoes()
    {
        await using var cluster = await SiloCluster.Start();
        var (deployment, predict) = await Deploy(cluster, "waits");
        cluster.Runtime.Misbehave = true;
        var running = Task.Run(predict, Cancellation);
        await cluster.Runtime.Running.WaitAsync(Cancellation);

        await cluster.Lifecycle(deployment.Project).Deactivate(deployment.Id, SiloCluster.Request(), Cancellation);

        Assert.Equal(1, cluster.Runtime.Alive);
        cluster.Runtime.Gate.Set();
        Assert.Contains("\"prediction\":6", await running, StringComparison.Ordinal);
        Assert.Equal(0, cluster.Runtime.Alive);
        Assert.Equal(ErrorCode.DeploymentStateConflict, (await Assert.ThrowsAsync<MlOpsException>(predict)).Code);
    }

    [Fact]
    public async Task HungModel_IsEnded_AndTwiceIsFailed()
    {
        await using var cluster = await SiloCluster.Start(predictions: options => options.TimeoutSeconds = 0.1);
        var (deployment, predict) = await Deploy(cluster, "hangs");
        cluster.Runtime.Misbehave = true;

        Assert.Equal(ErrorCode.ModelTimeout, (await Assert.ThrowsAsync<MlOpsException>(predict)).Code);
        Assert.Equal(ErrorCode.ModelTimeout, (await Assert.ThrowsAsync<MlOpsException>(predict)).Code);
        var third = await Assert.ThrowsAsync<MlOpsException>(predict);

        Assert.Contains("twice", third.Message, StringComparison.Ordinal);
        Assert.Equal(2, cluster.Runtime.Running.CurrentCount);
        Assert.Equal(0, cluster.Runtime.Alive);
        var grain = cluster.Grains.GetGrain<IDeploymentGrain>(deployment.Id.Value);
        while ((await grain.Get(Cancellation))!.Status != DeploymentStatus.Failed)
        {
            await Task.Yield();
        }
    }

    [Fact]
    public async Task ConcurrentPredictionsAndChanges_NeverMeetADisposedModel()
    {
        await using var cluster = await SiloCluster.Start();
        var (first, predict) = await Deploy(cluster, "doubles");
        var life = cluster.Lifecycle(first.Project);
        var second = (await life.Create(SiloCluster.NewId(), first.Spec, Stage.Staging, SiloCluster.Request(), Cancellation)).Deployment;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var answered = 0;
        var callers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                using var lease = await cluster.Replicas().FindProduction(first.Project, null, Cancellation);
                await Answer(cluster, lease);
                Interlocked.Increment(ref answered);
            }
        })).ToList();

        for (var change = 0; change < 50; change++)
        {
            var to = change % 2 == 0 ? second.Id : first.Id;
            _ = change == 0
                ? await life.Promote(to, SiloCluster.Request(), Cancellation)
                : await life.Rollback(to, new RollbackTarget(to, null), SiloCluster.NewId(), SiloCluster.Request(), Cancellation);
        }

        await stop.CancelAsync();
        await Task.WhenAll(callers);
        Assert.True(answered > 0);
        Assert.InRange(cluster.Runtime.Alive, 1, 2);
    }

    [Fact]
    public async Task FullQueue_RefusesAtOnce()
    {
        await using var cluster = await SiloCluster.Start(predictions: options =>
        {
            options.Threads = 1;
            options.MaxQueuedRuns = 1;
            options.InlineMicroseconds = 0;
        });
        var (_, predict) = await Deploy(cluster, "waits");
        cluster.Runtime.Misbehave = true;
        var running = Task.Run(predict, Cancellation);
        await cluster.Runtime.Running.WaitAsync(Cancellation);

        var refused = await Assert.ThrowsAsync<MlOpsException>(predict);

        Assert.Equal(ErrorCode.Overloaded, refused.Code);
        cluster.Runtime.Gate.Set();
        await running;
    }

    private static async Task<(Deployment Deployment, Func<Task<string>> Predict)> Deploy(SiloCluster cluster, string model)
    {
        var project = await cluster.Project();
        var created = await cluster.Lifecycle(project).Create(
            SiloCluster.NewId(), SiloCluster.Spec(await cluster.Model(project, model)), Stage.Production, SiloCluster.Request(), Cancellation);
        return (created.Deployment, async () =>
        {
            using var lease = await cluster.Replicas().Find(created.Deployment.Id, Cancellation);
            return await Answer(cluster, lease);
        }
        );
    }

    private static async Task<string> Answer(SiloCluster cluster, ReplicaLease lease)
    {
        var answer = new ArrayBufferWriter<byte>();
        await cluster.Silos[0].GetRequiredService<Predictor>().Answer(
            lease, "{\"inputs\": {\"x\": 3}}"u8.ToArray(), TimeProvider.System.GetTimestamp(), answer, Cancellation);
        return Encoding.UTF8.GetString(answer.WrittenSpan);
    }
}
