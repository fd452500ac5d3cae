using System.Buffers;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using MlOps.Deployments;
using MlOps.Models;
using MlOps.Predictions;
using Xunit;

namespace MlOps.Tests.Predictions;

/// <summary>Replicas come and go by what they take of memory; a request notices nothing but the time.</summary>
public sealed class ModelMemoryTests
{
    // Beside it what a plan takes is little.
    private const long Unit = 1_000_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Budget_Exceeded_UnloadsTheLongestUnused_WhichLoadsAgainOnDemand()
    {
        await using var cluster = await Start(budget: 100, ("a", 40), ("b", 40), ("c", 40));
        var (a, b) = (await Deploy(cluster, "a"), await Deploy(cluster, "b"));
        await Predict(cluster, a);

        var c = await Deploy(cluster, "c");

        Assert.InRange(Memory(cluster).Accounted, 80 * Unit, 81 * Unit);
        Assert.Equal(2, cluster.Runtime.Alive);
        await Predict(cluster, a);
        await Predict(cluster, c);
        Assert.Equal((1, 1, 1), (cluster.Runtime.Loads("a"), cluster.Runtime.Loads("b"), cluster.Runtime.Loads("c")));
        await Predict(cluster, b);
        Assert.Equal(2, cluster.Runtime.Loads("b"));
        Assert.Equal(2, cluster.Runtime.Alive);
        Assert.Equal(DeploymentStatus.Active, (await cluster.Store<IDeploymentStore>().Find(b, Cancellation))!.Status);
    }

    [Fact]
    public async Task Budget_Exceeded_KeepsProductions()
    {
        await using var cluster = await Start(budget: 100, ("p", 40), ("a", 40), ("b", 40));
        var p = await Deploy(cluster, "p", Stage.Production);
        var a = await Deploy(cluster, "a");
        await Predict(cluster, a);

        await Deploy(cluster, "b");
        await Predict(cluster, p);

        Assert.Equal(1, cluster.Runtime.Loads("p"));
        await Predict(cluster, a);
        Assert.Equal(2, cluster.Runtime.Loads("a"));
    }

    [Fact]
    public async Task ReplicaInUse_GoesLast_AndEndsItsRuns()
    {
        await using var cluster = await Start(budget: 100, ("waits", 60), ("b", 60));
        var waits = await Deploy(cluster, "waits");
        cluster.Runtime.Misbehave = true;
        var running = Task.Run(() => Predict(cluster, waits), Cancellation);
        await cluster.Runtime.Running.WaitAsync(Cancellation);

        var b = await Deploy(cluster, "b");

        await Predict(cluster, b);
        Assert.Equal(2, cluster.Runtime.Alive);
        cluster.Runtime.Gate.Set();
        await running;
        Assert.Equal(1, cluster.Runtime.Alive);
        Assert.InRange(Memory(cluster).Accounted, 60 * Unit, 61 * Unit);
    }

    [Fact]
    public async Task ModelLargerThanTheBudget_IsRefused_AndLeavesNothing()
    {
        await using var cluster = await Start(budget: 100, ("a", 40), ("huge", 200));
        var a = await Deploy(cluster, "a");

        var huge = await Deploy(cluster, "huge");

        var refused = await Assert.ThrowsAsync<MlOpsException>(() => Predict(cluster, huge));
        Assert.Equal(ErrorCode.ModelError, refused.Code);
        Assert.Contains("Models:MemoryBytes", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, cluster.Runtime.Alive);
        await Predict(cluster, a);
        Assert.Equal(1, cluster.Runtime.Loads("a"));
    }

    [Fact]
    public async Task SameFile_OfSeveralDeployments_IsCountedOnce_AndLeavesAsOne()
    {
        await using var cluster = await Start(budget: 100, ("a", 60), ("b", 60));
        var (first, second) = (await Deploy(cluster, "a"), await Deploy(cluster, "a"));
        Assert.InRange(Memory(cluster).Accounted, 60 * Unit, 61 * Unit);

        await Deploy(cluster, "b");

        Assert.Equal(1, cluster.Runtime.Alive);
        await Predict(cluster, first);
        await Predict(cluster, second);
        Assert.Equal(2, cluster.Runtime.Alive);
    }

    [Fact]
    public async Task HeapBeyondTheAccount_IsHeldToTheBudgetToo()
    {
        await using var cluster = await Start(budget: 100, ("a", 40), ("b", 40));
        await Deploy(cluster, "a");
        await Deploy(cluster, "b");

        cluster.Runtime.HeapGrowth = 101 * Unit;
        Memory(cluster).Enforce();

        Assert.True(cluster.Runtime.Alive < 2);
    }

    [Fact]
    public async Task ModelThatTakesLessThanWhenItWasLoaded_StaysWhereTheNextOneFits()
    {
        await using var cluster = await Start(budget: 100, ("a", 60), ("b", 60));
        await Deploy(cluster, "a");

        cluster.Runtime.Bytes["a"] = 30 * Unit;
        await Deploy(cluster, "b");

        Assert.Equal(2, cluster.Runtime.Alive);
        Assert.InRange(Memory(cluster).Accounted, 90 * Unit, 91 * Unit);
    }

    [Fact]
    public async Task ModelThatTakesMoreThanWhenItWasLoaded_IsHeldToTheBudget()
    {
        await using var cluster = await Start(budget: 100, ("a", 30), ("b", 60));
        await Deploy(cluster, "a");
        await Deploy(cluster, "b");

        cluster.Runtime.Bytes["b"] = 80 * Unit;
        Memory(cluster).Enforce();

        Assert.Equal(1, cluster.Runtime.Alive);
    }

    [Fact]
    public async Task Loads_OneAfterTheOther_LeaveNothingInTheAccount()
    {
        await using var cluster = await Start(budget: 100, ("a", 60), ("b", 60), ("c", 60));
        foreach (var model in new[] { "a", "b", "a", "c", "b" })
        {
            await Deploy(cluster, model);
        }

        Assert.Equal(1, cluster.Runtime.Alive);
        Assert.InRange(Memory(cluster).Accounted, 60 * Unit, 61 * Unit);
        Assert.InRange(Memory(cluster).Used, 60 * Unit, 61 * Unit);
    }

    [Fact]
    public async Task UnloadedMemory_IsGivenBackToTheSystem()
    {
        await using var cluster = await Start(budget: 100, ("a", 60), ("b", 60));
        await Deploy(cluster, "a");
        Assert.Equal(0, cluster.Runtime.GivenBack);

        await Deploy(cluster, "b");

        while (cluster.Runtime.GivenBack == 0)
        {
            await Task.Yield();
            Cancellation.ThrowIfCancellationRequested();
        }
    }

    [Fact]
    public async Task ManyRequests_ForAnUnloadedModel_AreOneLoad()
    {
        await using var cluster = await Start(budget: 100, ("slow", 60), ("b", 60));
        var slow = await Unloaded(cluster, "slow");

        var requests = Enumerable.Range(0, 50).Select(_ => Task.Run(() => Predict(cluster, slow), Cancellation)).ToList();
        await cluster.Runtime.Running.WaitAsync(Cancellation);
        cluster.Runtime.Gate.Set();
        await Task.WhenAll(requests);

        Assert.Equal(2, cluster.Runtime.Loads("slow"));
    }

    [Fact]
    public async Task Request_ThatMeetsALoadingModel_IsToldToComeAgain_AndTheLoadGoesOn()
    {
        await using var cluster = await Start(budget: 100, options => options.WaitSeconds = 0.1, ("slow", 60), ("b", 60));
        var slow = await Unloaded(cluster, "slow");

        var refused = await Assert.ThrowsAsync<MlOpsException>(() => Predict(cluster, slow));

        Assert.Equal(ErrorCode.ModelLoading, refused.Code);
        cluster.Runtime.Gate.Set();
        while (await Record.ExceptionAsync(() => Predict(cluster, slow)) is { } again)
        {
            Assert.Equal(ErrorCode.ModelLoading, Assert.IsType<MlOpsException>(again).Code);
        }

        Assert.Equal(2, cluster.Runtime.Loads("slow"));
    }

    [Fact]
    public async Task Loads_MoreThanMayWait_AreRefused_AndNotHeldAgainstTheModel()
    {
        await using var cluster = await Start(
            budget: 100, options => (options.MaxConcurrentLoads, options.MaxQueuedLoads) = (1, 1), ("slow1", 30), ("slow2", 30), ("slow3", 30), ("b", 90));
        cluster.Runtime.Gate.Set();
        var slow = new List<DeploymentId> { await Deploy(cluster, "slow1"), await Deploy(cluster, "slow2"), await Deploy(cluster, "slow3") };
        await Deploy(cluster, "b");
        Begin(cluster);
        var first = Task.Run(() => Predict(cluster, slow[0]), Cancellation);
        await cluster.Runtime.Running.WaitAsync(Cancellation);
        var second = Task.Run(() => Predict(cluster, slow[1]), Cancellation);
        while (cluster.Silos[0].GetRequiredService<LoadGate>().Waiting == 0)
        {
            await Task.Yield();
        }

        var third = await Assert.ThrowsAsync<MlOpsException>(() => Predict(cluster, slow[2]));

        Assert.Equal(ErrorCode.ModelLoading, third.Code);
        cluster.Runtime.Gate.Set();
        await Task.WhenAll(first, second);
        await Predict(cluster, slow[2]);
    }

    private static Task<SiloCluster> Start(long budget, params (string Name, long Bytes)[] models) => Start(budget, _ => { }, models);

    private static async Task<SiloCluster> Start(long budget, Action<ModelOptions> configure, params (string Name, long Bytes)[] models)
    {
        var cluster = await SiloCluster.Start(models: options =>
        {
            options.MemoryBytes = budget * Unit;
            configure(options);
        });
        foreach (var (name, bytes) in models)
        {
            cluster.Runtime.Bytes[name] = bytes * Unit;
        }

        return cluster;
    }

    // Deployed, and driven out again by a model named b; loads wait for the gate from here on.
    private static async Task<DeploymentId> Unloaded(SiloCluster cluster, string name)
    {
        cluster.Runtime.Gate.Set();
        var deployment = await Deploy(cluster, name);
        await Deploy(cluster, "b");
        Begin(cluster);
        return deployment;
    }

    private static void Begin(SiloCluster cluster)
    {
        cluster.Runtime.Gate.Reset();
        while (cluster.Runtime.Running.Wait(0))
        {
        }
    }

    private static ModelMemory Memory(SiloCluster cluster) => cluster.Silos[0].GetRequiredService<ModelMemory>();

    private static async Task<DeploymentId> Deploy(SiloCluster cluster, string model, Stage stage = Stage.Staging)
    {
        var project = await cluster.Project();
        var created = await cluster.Lifecycle(project).Create(
            SiloCluster.NewId(), SiloCluster.Spec(await cluster.Model(project, model)), stage, SiloCluster.Request(), Cancellation);
        return created.Deployment.Id;
    }

    private static async Task Predict(SiloCluster cluster, DeploymentId deployment)
    {
        using var lease = await cluster.Replicas().Find(deployment, Cancellation);
        var answer = new ArrayBufferWriter<byte>();
        await cluster.Silos[0].GetRequiredService<Predictor>().Answer(
            lease, "{\"inputs\": {\"x\": 3}}"u8.ToArray(), TimeProvider.System.GetTimestamp(), answer, Cancellation);
        Assert.Contains("\"prediction\":6", Encoding.UTF8.GetString(answer.WrittenSpan), StringComparison.Ordinal);
    }
}
