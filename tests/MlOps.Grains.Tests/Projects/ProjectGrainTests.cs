using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using MlOps.Deployments;
using MlOps.Models;
using MlOps.Predictions;
using MlOps.Projects;
using Xunit;

namespace MlOps.Tests.Projects;

/// <summary>Changes of a project through its grain, over a real catalogue, as the silos see them.</summary>
public sealed class ProjectGrainTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Promote_Answered_IsServedByEverySilo()
    {
        await using var cluster = await SiloCluster.Start(silos: 3);
        var project = await cluster.Project();
        var model = await cluster.Model(project);
        var life = cluster.Lifecycle(project);
        var first = await life.Create(SiloCluster.NewId(), SiloCluster.Spec(model, "first"), Stage.Production, SiloCluster.Request(), Cancellation);
        var second = await life.Create(SiloCluster.NewId(), SiloCluster.Spec(model, "second"), Stage.Staging, SiloCluster.Request(), Cancellation);

        await life.Promote(second.Deployment.Id, SiloCluster.Request(), Cancellation);

        for (var silo = 0; silo < 3; silo++)
        {
            using var lease = await cluster.Replicas(silo).FindProduction(project, null, Cancellation);
            Assert.Equal(second.Deployment.Id, lease.Replica.Deployment.Id);
            var refused = await Assert.ThrowsAsync<MlOpsException>(async () => await cluster.Replicas(silo).Find(first.Deployment.Id, Cancellation));
            Assert.Equal(ErrorCode.DeploymentStateConflict, refused.Code);
        }
    }

    [Theory]
    [InlineData("create")]
    [InlineData("promote")]
    [InlineData("rollback")]
    public async Task ModelThatDoesNotLoad_NeverTakesProduction(string how)
    {
        await using var cluster = await SiloCluster.Start();
        var project = await cluster.Project();
        var good = await cluster.Model(project);
        var broken = await cluster.Model(project, "broken");
        var life = cluster.Lifecycle(project);
        var production = await life.Create(SiloCluster.NewId(), SiloCluster.Spec(good), Stage.Production, SiloCluster.Request(), Cancellation);
        var failed = await life.Create(SiloCluster.NewId(), SiloCluster.Spec(broken), Stage.Staging, SiloCluster.Request(), Cancellation);
        var before = await cluster.Store<IProjectStore>().Load(project, Cancellation);
        Assert.Equal(DeploymentStatus.Failed, failed.Deployment.Status);

        var refused = await Assert.ThrowsAsync<MlOpsException>(() => how switch
        {
            "create" => life.Create(SiloCluster.NewId(), SiloCluster.Spec(broken), Stage.Production, SiloCluster.Request(), Cancellation),
            "promote" => life.Promote(failed.Deployment.Id, SiloCluster.Request(), Cancellation),
            _ => life.Rollback(failed.Deployment.Id, new RollbackTarget(null, broken), SiloCluster.NewId(), SiloCluster.Request(), Cancellation),
        });

        Assert.Equal(ErrorCode.ModelError, refused.Code);
        Assert.Equal(before!.Epoch, (await cluster.Store<IProjectStore>().Load(project, Cancellation))!.Epoch);
        using var lease = await cluster.Replicas().FindProduction(project, null, Cancellation);
        Assert.Equal(production.Deployment.Id, lease.Replica.Deployment.Id);
    }

    [Fact]
    public async Task RepeatedChange_GivesTheFirstAnswerAndChangesNothing()
    {
        await using var cluster = await SiloCluster.Start();
        var project = await cluster.Project();
        var model = await cluster.Model(project);
        var life = cluster.Lifecycle(project);
        var request = SiloCluster.Request("key-1");
        var first = await life.Create(SiloCluster.NewId(), SiloCluster.Spec(model), Stage.Production, request, Cancellation);

        var again = await life.Create(SiloCluster.NewId(), SiloCluster.Spec(model), Stage.Production, request, Cancellation);
        var other = await Assert.ThrowsAsync<MlOpsException>(() =>
            life.Create(SiloCluster.NewId(), SiloCluster.Spec(model), Stage.Staging, SiloCluster.Request("key-1", "another hash"), Cancellation));

        Assert.Equal(first.Deployment, again.Deployment);
        Assert.Equal(ErrorCode.IdempotencyKeyReused, other.Code);
        Assert.Single((await cluster.Store<IProjectStore>().Load(project, Cancellation))!.Deployments);
    }

    [Theory]
    [InlineData("create", ErrorCode.ValidationFailed)]
    [InlineData("create into production", ErrorCode.ValidationFailed)]
    [InlineData("rollback to a model", ErrorCode.ValidationFailed)]
    [InlineData("rollback to a deployment", ErrorCode.ModelDeleted)]
    public async Task ModelDeletedWhileItLoads_IsServedByNothing(string how, ErrorCode code)
    {
        await using var cluster = await SiloCluster.Start();
        var project = await cluster.Project();
        var model = await cluster.Model(project, "waits");
        var life = cluster.Lifecycle(project);
        var archived = (await life.Create(SiloCluster.NewId(), SiloCluster.Spec(model), Stage.Staging, SiloCluster.Request(), Cancellation)).Deployment.Id;
        await life.Deactivate(archived, SiloCluster.Request(), Cancellation);
        cluster.Runtime.Misbehave = true;

        var change = how switch
        {
            "create" => life.Create(SiloCluster.NewId(), SiloCluster.Spec(model), Stage.Staging, SiloCluster.Request(), Cancellation),
            "create into production" => life.Create(SiloCluster.NewId(), SiloCluster.Spec(model), Stage.Production, SiloCluster.Request(), Cancellation),
            "rollback to a model" => life.Rollback(archived, new RollbackTarget(null, model), SiloCluster.NewId(), SiloCluster.Request(), Cancellation),
            _ => life.Rollback(archived, new RollbackTarget(archived, null), SiloCluster.NewId(), SiloCluster.Request(), Cancellation),
        };
        await cluster.Runtime.Running.WaitAsync(Cancellation);
        var now = TimeProvider.System.GetUtcNow();
        var users = await cluster.Store<IModelStore>().Delete(model, new TimelineEvent(Guid.CreateVersion7(now), now, "tester", "model_deleted", null, model, null, null), Cancellation);
        cluster.Runtime.Gate.Set();

        Assert.Empty(users!.Value);
        Assert.Equal(code, (await Assert.ThrowsAsync<MlOpsException>(() => change)).Code);
        Assert.Empty((await cluster.Store<IProjectStore>().Load(project, Cancellation))!.Deployments);
    }

    [Fact]
    public async Task RepeatedNoOp_StaysTheFirstAnswer()
    {
        await using var cluster = await SiloCluster.Start();
        var project = await cluster.Project();
        var model = await cluster.Model(project);
        var life = cluster.Lifecycle(project);
        var first = (await life.Create(SiloCluster.NewId(), SiloCluster.Spec(model), Stage.Production, SiloCluster.Request(), Cancellation)).Deployment;
        var noOp = SiloCluster.Request("no-op");
        await life.Promote(first.Id, noOp, Cancellation);
        var second = (await life.Create(SiloCluster.NewId(), SiloCluster.Spec(model), Stage.Production, SiloCluster.Request(), Cancellation)).Deployment;

        var repeated = await life.Promote(first.Id, noOp, Cancellation);

        Assert.Equal(Stage.Production, repeated.Deployment.Stage);
        Assert.Equal(second.Id, (await cluster.Store<IProjectStore>().Load(project, Cancellation))!.Production!.Id);
    }

    [Fact]
    public async Task ConcurrentChanges_NeverShowTwoProductions()
    {
        await using var cluster = await SiloCluster.Start(silos: 2);
        var project = await cluster.Project();
        var model = await cluster.Model(project);
        var life = cluster.Lifecycle(project);
        var ids = new List<DeploymentId>();
        for (var number = 0; number < 10; number++)
        {
            ids.Add((await life.Create(SiloCluster.NewId(), SiloCluster.Spec(model, $"d{number}"), Stage.Staging, SiloCluster.Request(), Cancellation)).Deployment.Id);
        }

        var codes = new ConcurrentBag<ErrorCode>();
        await Parallel.ForEachAsync(Enumerable.Range(0, 100), new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancellation }, async (number, token) =>
        {
            try
            {
                var id = ids[number % ids.Count];
                _ = (number % 4) switch
                {
                    0 => await life.Promote(id, SiloCluster.Request($"p{number}"), token),
                    1 => await life.Rollback(id, new RollbackTarget(id, null), SiloCluster.NewId(), SiloCluster.Request($"r{number}"), token),
                    2 => await life.Deactivate(id, SiloCluster.Request($"d{number}"), token),
                    _ => await life.Create(SiloCluster.NewId(), SiloCluster.Spec(model), Stage.Production, SiloCluster.Request($"c{number}"), token),
                };
            }
            catch (MlOpsException refused)
            {
                codes.Add(refused.Code);
            }

            var state = await cluster.Store<IProjectStore>().Load(project, token);
            Assert.InRange(state!.Deployments.Count(deployment => deployment.Stage == Stage.Production), 0, 1);
        });

        Assert.DoesNotContain(codes, code => code is not (ErrorCode.DeploymentStateConflict or ErrorCode.Busy));
    }

    [Fact]
    public async Task Changes_BehindMoreThanAnyoneWaitsFor_AreRefusedAtOnceAndTheOthersDone()
    {
        const int mostWaiting = 64;
        const int refused = 5;
        using var gate = new GatedProjects();
        await using var cluster = await SiloCluster.Start(projects: gate.Over);
        var project = await cluster.Project();
        var life = cluster.Lifecycle(project);
        var production = (await life.Create(SiloCluster.NewId(), SiloCluster.Spec(await cluster.Model(project)), Stage.Production, SiloCluster.Request(), Cancellation)).Deployment.Id;
        gate.Close();
        var first = life.Update(production, new DeploymentPatch(new Change<string>(true, "renamed"), default, default, default, default, default, default, default), SiloCluster.Request(), Cancellation);
        await gate.Committing.WaitAsync(Cancellation);

        // Each has to have its turn to find that there is nothing to do.
        var changes = Enumerable.Range(0, mostWaiting + refused).Select(_ => life.Promote(production, SiloCluster.Request(), Cancellation)).ToList();
        var waiting = changes.ToList();
        for (var number = 0; number < refused; number++)
        {
            var ended = await Task.WhenAny(waiting);
            waiting.Remove(ended);
            Assert.Equal(ErrorCode.Busy, (await Assert.ThrowsAsync<MlOpsException>(() => ended)).Code);
        }

        Assert.False(first.IsCompleted);
        gate.Open();

        Assert.Equal("renamed", (await first).Deployment.Spec.Name);
        Assert.All(await Task.WhenAll(waiting), outcome => Assert.Equal(production, outcome.Deployment.Id));
    }

    [Fact]
    public async Task Grain_PredictsForCallersInsideTheCluster()
    {
        await using var cluster = await SiloCluster.Start();
        var project = await cluster.Project();
        var created = await cluster.Lifecycle(project).Create(SiloCluster.NewId(), SiloCluster.Spec(await cluster.Model(project)), Stage.Staging, SiloCluster.Request(), Cancellation);
        var grain = cluster.Grains.GetGrain<IDeploymentGrain>(created.Deployment.Id.Value);

        var answer = await grain.Predict(new PredictRequest(Encoding.UTF8.GetBytes("""{"inputs": [{"x": 1}, {"x": 2.5}]}""")), Cancellation);

        using var json = JsonDocument.Parse(answer.Body);
        Assert.Equal([2.0, 5.0], json.RootElement.GetProperty("predictions").EnumerateArray().Select(prediction => prediction.GetProperty("prediction").GetDouble()));
        var refused = await Assert.ThrowsAsync<MlOpsException>(() => grain.Predict(new PredictRequest("{\"inputs\": {\"y\": 1}}"u8.ToArray()), Cancellation));
        Assert.Equal(ErrorCode.InvalidInputs, refused.Code);
        Assert.Equal("/inputs/y", Assert.Single(refused.Faults).Pointer);
    }
}
