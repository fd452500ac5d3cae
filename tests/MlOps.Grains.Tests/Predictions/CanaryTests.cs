using System.Buffers;
using Microsoft.Extensions.DependencyInjection;
using MlOps.Deployments;
using MlOps.Predictions;
using MlOps.Projects;
using Xunit;

namespace MlOps.Tests.Predictions;

/// <summary>The project's address with canaries: who answers, while they are loaded, and while they are not.</summary>
public sealed class CanaryTests
{
    private const int Requests = 100_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task HundredThousandRequests_GiveEachItsShare()
    {
        await using var cluster = await SiloCluster.Start();
        var (project, production) = await Serve(cluster);
        var percents = new Dictionary<DeploymentId, int> { [production] = 72 };
        foreach (var percent in new[] { 20, 7, 1 })
        {
            percents[(await CreateCanary(cluster, project, "doubles", percent)).Deployment.Id] = percent;
        }

        // Three standard errors leave a right split outside once in some hundred draws; twice in a row nearly never.
        Assert.True(await Within(null) || await Within(null), "drawn shares are outside three standard errors, twice");
        Assert.True(await Within("user") || await Within("customer"), "shares of keys are outside three standard errors, twice");

        async Task<bool> Within(string? key)
        {
            var counts = new Dictionary<DeploymentId, int>();
            for (var request = 0; request < Requests; request++)
            {
                using var lease = await cluster.Replicas().FindProduction(project, key is null ? null : $"{key}-{request}", Cancellation);
                var id = lease.Replica.Deployment.Id;
                counts[id] = counts.GetValueOrDefault(id) + 1;
                Assert.Equal(id == production ? RouteReason.Production : RouteReason.Canary, lease.Reason);
            }

            return percents.All(share =>
            {
                var expected = share.Value / 100.0;
                return Math.Abs((double)counts[share.Key] / Requests - expected) <= 3 * Math.Sqrt(expected * (1 - expected) / Requests);
            });
        }
    }

    [Fact]
    public async Task Key_IsAnsweredByTheSameDeploymentOnEverySilo()
    {
        await using var cluster = await SiloCluster.Start(silos: 3);
        var (project, production) = await Serve(cluster);
        var canary = (await CreateCanary(cluster, project, "doubles", 40)).Deployment.Id;
        var answers = new List<DeploymentId[]>();

        for (var silo = 0; silo < 3; silo++)
        {
            answers.Add(await Answering(cluster, project, silo));
            Assert.Equal((40, 60), (await Share(cluster, canary, silo), await Share(cluster, production, silo)));
        }

        Assert.Equal(answers[0], answers[1]);
        Assert.Equal(answers[0], answers[2]);
        Assert.Equal(2, answers[0].Distinct().Count());
    }

    [Fact]
    public async Task CanaryThatDoesNotLoad_IsFailed_AndProductionAnswersForIt()
    {
        await using var cluster = await SiloCluster.Start();
        var (project, production) = await Serve(cluster);

        var created = await CreateCanary(cluster, project, "broken", 50);

        Assert.Equal((DeploymentStatus.Failed, true, 0), (created.Deployment.Status, created.Deployment.Spec.Canary, created.EffectiveTrafficPercent));
        Assert.Equal(1, cluster.Runtime.Loads("broken"));
        Assert.Equal([production], (await Answering(cluster, project)).Distinct());
        Assert.Equal(RouteReason.CanaryUnavailable, await Reason(cluster, project, await Key(cluster, project, canary: true)));
        Assert.Equal(RouteReason.Production, await Reason(cluster, project, await Key(cluster, project, canary: false)));
        Assert.Equal((0, 100), (await Share(cluster, created.Deployment.Id), await Share(cluster, production)));

        // Its first request tried it again; what failed rests for a minute.
        while (cluster.Runtime.Loads("broken") < 2)
        {
            await Task.Yield();
        }

        Assert.Equal([production], (await Answering(cluster, project)).Distinct());
        Assert.Equal(2, cluster.Runtime.Loads("broken"));
    }

    [Fact]
    public async Task CanaryThatLoadsAgain_TakesItsShare()
    {
        await using var cluster = await SiloCluster.Start(models: options => options.RetrySeconds = 0);
        var (project, _) = await Serve(cluster);
        var canary = (await CreateCanary(cluster, project, "broken", 50)).Deployment.Id;
        var key = await Key(cluster, project, canary: true);
        Assert.Equal(RouteReason.CanaryUnavailable, await Reason(cluster, project, key));

        cluster.Runtime.Repaired = true;

        while (await Reason(cluster, project, key) != RouteReason.Canary)
        {
            await Task.Yield();
        }

        while ((await cluster.Store<IDeploymentStore>().Find(canary, Cancellation))!.Status != DeploymentStatus.Active)
        {
            await Task.Yield();
        }

        Assert.Equal(50, await Share(cluster, canary));
    }

    [Fact]
    public async Task CanaryStillLoading_KeepsNobodyWaiting_AndIsLoadedOnce()
    {
        await using var cluster = await SiloCluster.Start();
        var (project, production) = await Serve(cluster);
        cluster.Runtime.Gate.Set();
        var canary = (await CreateCanary(cluster, project, "slow", 50)).Deployment.Id;
        cluster.Runtime.Gate.Reset();
        // As after a restart: the silo knows nothing of the project, and learns it with its first request.
        cluster.Silos[0].GetRequiredService<ReplicaHost>().Forget(project);

        Assert.Equal([production], (await Answering(cluster, project)).Distinct());
        Assert.Equal((0, 100), (await Share(cluster, canary), await Share(cluster, production)));

        cluster.Runtime.Gate.Set();
        while (!(await Answering(cluster, project)).Contains(canary))
        {
            await Task.Yield();
        }

        Assert.Equal(2, cluster.Runtime.Loads("slow"));
        Assert.Equal((50, 50), (await Share(cluster, canary), await Share(cluster, production)));
    }

    [Fact]
    public async Task CanaryThatFailsARun_IsNotHidden_AndTwiceIsOutOfService()
    {
        await using var cluster = await SiloCluster.Start(predictions: options => options.TimeoutSeconds = 0.1);
        var (project, _) = await Serve(cluster);
        await CreateCanary(cluster, project, "hangs", 50);
        var key = await Key(cluster, project, canary: true);
        cluster.Runtime.Misbehave = true;

        for (var run = 0; run < 2; run++)
        {
            using var lease = await cluster.Replicas().FindProduction(project, key, Cancellation);
            Assert.Equal(RouteReason.Canary, lease.Reason);
            Assert.Equal(ErrorCode.ModelTimeout, (await Assert.ThrowsAsync<MlOpsException>(() => Answer(cluster, lease))).Code);
        }

        Assert.Equal(RouteReason.CanaryUnavailable, await Reason(cluster, project, key));
    }

    [Fact]
    public async Task CanaryWithoutProduction_AnswersNobody()
    {
        await using var cluster = await SiloCluster.Start();
        var project = await cluster.Project();
        var canary = await CreateCanary(cluster, project, "doubles", 50);

        var refused = await Assert.ThrowsAsync<MlOpsException>(async () => await cluster.Replicas().FindProduction(project, null, Cancellation));

        Assert.Equal(ErrorCode.NoProduction, refused.Code);
        Assert.Equal((0, 0), (canary.EffectiveTrafficPercent, await Share(cluster, canary.Deployment.Id)));
    }

    [Fact]
    public async Task Canary_BeginsChangesAndEnds()
    {
        await using var cluster = await SiloCluster.Start();
        var (project, production) = await Serve(cluster);
        var life = cluster.Lifecycle(project);
        var staged = (await life.Create(SiloCluster.NewId(), SiloCluster.Spec(await cluster.Model(project)), Stage.Staging, SiloCluster.Request(), Cancellation)).Deployment.Id;
        Assert.Equal([production], (await Answering(cluster, project)).Distinct());

        var small = await life.Update(staged, Patch(canary: true, traffic: 10), SiloCluster.Request(), Cancellation);
        var few = await Answering(cluster, project);
        var grown = await life.Update(staged, Patch(traffic: 60), SiloCluster.Request(), Cancellation);
        var many = await Answering(cluster, project);
        var promoted = await life.Promote(staged, SiloCluster.Request(), Cancellation);

        Assert.Equal((10, 60, 100), (small.EffectiveTrafficPercent, grown.EffectiveTrafficPercent, promoted.EffectiveTrafficPercent));
        Assert.False(promoted.Deployment.Spec.Canary);
        Assert.All(few.Zip(many), pair => Assert.True(pair.First == production || pair.Second == staged));
        Assert.InRange(many.Count(id => id == staged), few.Count(id => id == staged) + 1, many.Length - 1);
        Assert.Equal([staged], (await Answering(cluster, project)).Distinct());
    }

    [Fact]
    public async Task ConcurrentCanaries_NeverExceedTheirSum()
    {
        await using var cluster = await SiloCluster.Start(silos: 2);
        var (project, production) = await Serve(cluster);
        var model = await cluster.Model(project);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
        {
            try
            {
                await cluster.Lifecycle(project).Create(SiloCluster.NewId(), SiloCluster.Canary(model, 40), Stage.Staging, SiloCluster.Request(), Cancellation);
                return (ErrorCode?)null;
            }
            catch (MlOpsException refused)
            {
                return refused.Code;
            }
        }));

        Assert.Equal(2, outcomes.Count(code => code is null));
        Assert.Equal(8, outcomes.Count(code => code == ErrorCode.CanarySharesExceeded));
        Assert.Equal(20, await Share(cluster, production));
    }

    private static async Task<(ProjectId Project, DeploymentId Production)> Serve(SiloCluster cluster)
    {
        var project = await cluster.Project();
        var created = await cluster.Lifecycle(project).Create(
            SiloCluster.NewId(), SiloCluster.Spec(await cluster.Model(project)), Stage.Production, SiloCluster.Request(), Cancellation);
        return (project, created.Deployment.Id);
    }

    private static async Task<LifecycleOutcome> CreateCanary(SiloCluster cluster, ProjectId project, string model, int percent) =>
        await cluster.Lifecycle(project).Create(
            SiloCluster.NewId(), SiloCluster.Canary(await cluster.Model(project, model), percent), Stage.Staging, SiloCluster.Request(), Cancellation);

    // Who answers each of many keys.
    private static async Task<DeploymentId[]> Answering(SiloCluster cluster, ProjectId project, int silo = 0)
    {
        var ids = new DeploymentId[200];
        for (var key = 0; key < ids.Length; key++)
        {
            using var lease = await cluster.Replicas(silo).FindProduction(project, $"user-{key}", Cancellation);
            ids[key] = lease.Replica.Deployment.Id;
        }

        return ids;
    }

    private static async Task<RouteReason> Reason(SiloCluster cluster, ProjectId project, string key)
    {
        using var lease = await cluster.Replicas().FindProduction(project, key, Cancellation);
        return lease.Reason;
    }

    // A key that falls to a canary, or to production.
    private static async Task<string> Key(SiloCluster cluster, ProjectId project, bool canary)
    {
        var split = CanarySplit.Of((await cluster.Store<IProjectStore>().Load(project, Cancellation))!)!;
        return Enumerable.Range(0, 1_000).Select(number => $"key-{number}").First(key => split.At(CanarySplit.Slot(project, key)) is not null == canary);
    }

    private static async Task<int> Share(SiloCluster cluster, DeploymentId id, int silo = 0) =>
        cluster.Replicas(silo).EffectiveTrafficPercent((await cluster.Store<IDeploymentStore>().Find(id, Cancellation))!);

    private static Task Answer(SiloCluster cluster, ReplicaLease lease) => cluster.Silos[0].GetRequiredService<Predictor>().Answer(
        lease, "{\"inputs\": {\"x\": 3}}"u8.ToArray(), TimeProvider.System.GetTimestamp(), new ArrayBufferWriter<byte>(), Cancellation).AsTask();

    private static DeploymentPatch Patch(bool? canary = null, int? traffic = null) =>
        new(default, new Change<int?>(traffic is not null, traffic), new Change<bool?>(canary is not null, canary), default, default, default, default, default);
}
