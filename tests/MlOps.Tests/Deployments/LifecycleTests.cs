using CsCheck;
using MlOps.Deployments;
using MlOps.Models;
using MlOps.Projects;
using Xunit;

namespace MlOps.Tests.Deployments;

/// <summary>The state machine against a model of it in a few lines, over random sequences of commands.</summary>
public sealed class LifecycleTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly ProjectId Project = ProjectId.New(Now);
    private static readonly RegisteredModel[] Models = [Model("a"), Model("b"), Model("c")];

    private enum Verb
    {
        CreateStaging,
        CreateProduction,
        CreateCanary,
        Share,
        EndCanary,
        Promote,
        RollBackToDeployment,
        RollBackToModel,
        Deactivate,
        Delete,
    }

    [Fact]
    public void RandomCommands_FollowTheModel()
    {
        var command = Gen.Select(Gen.Enum<Verb>(), Gen.Int[0, 9], Gen.Int[0, Models.Length - 1], Gen.Int[1, 100]);

        command.Array[0, 60].Sample(
            commands =>
            {
                var machine = new World();
                var expected = new Dictionary<DeploymentId, Expected>();
                foreach (var (verb, pick, model, percent) in commands)
                {
                    machine.Apply(verb, pick, model, percent, expected);
                    Assert.Equal(expected.ToDictionary(pair => pair.Key, pair => pair.Value.Stage), machine.Stages);
                    Assert.Equal(
                        expected.Where(pair => pair.Value.Canary > 0).ToDictionary(pair => pair.Key, pair => pair.Value.Canary),
                        machine.All.Values.Where(deployment => deployment.Spec.Canary).ToDictionary(deployment => deployment.Id, deployment => deployment.Spec.TrafficPercent));
                    Assert.InRange(expected.Values.Sum(one => one.Canary), 0, 99);
                    Assert.InRange(machine.Stages.Values.Count(stage => stage == Stage.Production), 0, 1);
                }

                Assert.Equal(machine.Stages, machine.StagesByHistory());
            },
            iter: 2_000);
    }

    [Fact]
    public void Promote_OfProduction_ChangesNothing()
    {
        var world = new World();
        var id = world.Create(Stage.Production, 0);

        Assert.False(world.Machine().Promote(world.All[id]).IsChange);
    }

    [Fact]
    public void RollBack_ToModelInProduction_MakesNothing()
    {
        var world = new World();
        var id = world.Create(Stage.Production, 1);

        var decision = world.Machine().RollBackTo(Models[1], world.All[id], DeploymentId.New(Now));

        Assert.False(decision.IsChange);
        Assert.Equal(id, decision.Result.Id);
    }

    [Fact]
    public void RollBack_ToModel_TakesNameAndPrivacyOfWhatItReplaces()
    {
        var world = new World();
        var production = world.Create(Stage.Production, 0, new PrivacySettings(null, true, null, """{"amount": "credit_card"}""", 0.7));
        var other = world.Create(Stage.Staging, 1);

        var result = world.Machine().RollBackTo(Models[2], world.All[other], DeploymentId.New(Now)).Result;

        Assert.Equal(world.All[production].Spec.Name, result.Spec.Name);
        Assert.Equal(world.All[production].Spec.Privacy, result.Spec.Privacy);
        Assert.Equal(Models[2].Id, result.Spec.Model);
    }

    [Fact]
    public void WeakerPrivacy_SucceedsWithWarningAndHistory()
    {
        var world = new World();
        world.Create(Stage.Production, 0, new PrivacySettings(null, true, null, null, null));
        var weaker = world.Create(Stage.Staging, 1);

        var decision = world.Machine().Promote(world.All[weaker]);

        Assert.Contains("weaker", Assert.Single(decision.Warnings), StringComparison.Ordinal);
        Assert.Contains(decision.History, happened => happened.Action == "privacy_weakened");
    }

    [Theory]
    [InlineData(0, "traffic_percent")]
    [InlineData(101, "traffic_percent")]
    public void Update_WithImpossibleValues_IsRefused(int percent, string named)
    {
        var world = new World();
        var id = world.Create(Stage.Staging, 0);
        var patch = new DeploymentPatch(default, new Change<int?>(true, percent), default, default, default, default, default, default);

        var refused = Assert.Throws<MlOpsException>(() => world.Machine().Update(world.All[id], patch, Models[0].Signature, null));

        Assert.Equal(ErrorCode.ValidationFailed, refused.Code);
        Assert.Contains(named, Assert.Single(refused.Faults).Pointer, StringComparison.Ordinal);
    }

    [Fact]
    public void Update_WithNull_ResetsAndAbsentStays()
    {
        var world = new World();
        var id = world.Create(Stage.Staging, 0, new PrivacySettings(null, true, null, null, 0.5));
        var patch = new DeploymentPatch(
            new Change<string>(true, "renamed"), new Change<int?>(true, null), default, default, default, default, default, new Change<double?>(true, null));

        var spec = world.Machine().Update(world.All[id], patch, Models[0].Signature, null).Result.Spec;

        Assert.Equal(("renamed", 100, true, null), (spec.Name, spec.TrafficPercent, spec.Privacy.AnonymizeLogs, spec.Privacy.Threshold));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Canaries_OverNinetyNinePercent_AreRefusedNamingTheSum(bool create)
    {
        var world = new World();
        world.Create(Stage.Production, 0);
        world.Create(Stage.Staging, 0, canary: 60);
        var second = world.Create(Stage.Staging, 1, canary: 39);

        var refused = Assert.Throws<MlOpsException>(() => create
            ? world.Machine().Create(DeploymentId.New(Now), Spec(Models[2], "third", 40), Stage.Staging, Models[2], null)
            : world.Machine().Update(world.All[second], Patch(traffic: 79), Models[1].Signature, null));

        Assert.Equal(ErrorCode.CanarySharesExceeded, refused.Code);
        Assert.Contains("139 percent", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Stage.Production)]
    [InlineData(Stage.Archived)]
    public void Canary_OutsideStaging_IsRefused(Stage stage)
    {
        var world = new World();
        var id = world.Create(Stage.Production, 0);
        if (stage == Stage.Archived)
        {
            world.Create(Stage.Production, 1);
        }

        var refused = Assert.Throws<MlOpsException>(() => world.Machine().Update(world.All[id], Patch(canary: true, traffic: 10), Models[0].Signature, null));

        Assert.Equal(ErrorCode.DeploymentStateConflict, refused.Code);
        Assert.Contains("staging", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Canary_CreatedInProduction_IsInvalid()
    {
        var refused = Assert.Throws<MlOpsException>(() => new World().Machine().Create(DeploymentId.New(Now), Spec(Models[0], "n", 10), Stage.Production, Models[0], null));

        Assert.Equal((ErrorCode.ValidationFailed, "/canary"), (refused.Code, Assert.Single(refused.Faults).Pointer));
    }

    [Fact]
    public void Canary_ThatBegins_IsTriedFirst_AndMarkedByWhatComesOfIt()
    {
        var world = new World();
        var id = world.Create(Stage.Staging, 0);
        LifecycleDecision Begin(Trial? trial) => world.Machine().Update(world.All[id], Patch(canary: true, traffic: 10), Models[0].Signature, trial);

        Assert.Equal(id, Begin(null).Tried!.Id);
        Assert.Equal("It breaks.", Begin(new Trial("It breaks.")).Result.Failure);
        world.All[id] = world.All[id] with { Failure = "It broke." };
        Assert.Null(Begin(new Trial(null)).Result.Failure);
        Assert.Equal("It broke.", Begin(null).Result.Failure);
        Assert.Null(world.Machine().Update(world.All[id], Patch(traffic: 10), Models[0].Signature, null).Tried);
    }

    [Fact]
    public void Decision_LeavesTheProjectAsItSays()
    {
        var world = new World();
        world.Create(Stage.Production, 0);
        var canary = world.Create(Stage.Staging, 1, canary: 10);
        var other = world.Create(Stage.Staging, 2, canary: 20);
        var state = world.State();

        var after = world.Machine().Promote(world.All[canary]).After(state);

        Assert.Equal(canary, after.Production!.Id);
        Assert.Equal([other], after.Deployments.Where(deployment => deployment.Spec.Canary).Select(deployment => deployment.Id));
        Assert.Equal(2, after.Deployments.Length);
    }

    private static DeploymentSpec Spec(RegisteredModel model, string name, int canary = 0, PrivacySettings? privacy = null) =>
        new(model.Id, name, canary > 0 ? canary : 100, canary > 0, privacy ?? PrivacySettings.None, null);

    private static DeploymentPatch Patch(bool? canary = null, int? traffic = null) =>
        new(default, new Change<int?>(traffic is not null, traffic), new Change<bool?>(canary is not null, canary), default, default, default, default, default);

    private static RegisteredModel Model(string name) => new(
        ModelId.New(Now), Project, name, "GBM", name, [],
        new ModelSignature([], [], new OutputSpec(ModelTask.Regression, null, [], ["y"], [], 1, false, ScoreKind.Value, [], null, []), false),
        null, "{}", "{}", "{}", null, [], Now);

    /// <param name="Canary">Its share; 0 when it is none.</param>
    private readonly record struct Expected(Stage Stage, int Model, int Canary);

    /// <summary>Deployments as the machine's decisions leave them, and the history they wrote.</summary>
    private sealed class World
    {
        private readonly List<TimelineEvent> history = [];

        public Dictionary<DeploymentId, Deployment> All { get; } = [];

        public Dictionary<DeploymentId, Stage> Stages => All.ToDictionary(pair => pair.Key, pair => pair.Value.Stage);

        public ProjectState State() => new(Project, 1, [.. All.Values.Where(deployment => deployment.Stage != Stage.Archived)], new(Guid.Empty, Now));

        public Lifecycle Machine() => new(State(), "tester", Now);

        public DeploymentId Create(Stage stage, int model, PrivacySettings? privacy = null, int canary = 0)
        {
            var id = DeploymentId.New(Now);
            Take(Machine().Create(id, Spec(Models[model], $"d{All.Count}", canary, privacy), stage, Models[model], null));
            return id;
        }

        public void Apply(Verb verb, int pick, int model, int percent, Dictionary<DeploymentId, Expected> expected)
        {
            if (verb == Verb.CreateCanary)
            {
                var id = DeploymentId.New(Now);
                DoCanary(
                    () => Machine().Create(id, Spec(Models[model], $"d{All.Count}", percent), Stage.Staging, Models[model], null),
                    expected, id, new Expected(Stage.Staging, model, percent));
                return;
            }

            if (verb is Verb.CreateStaging or Verb.CreateProduction)
            {
                var stage = verb == Verb.CreateStaging ? Stage.Staging : Stage.Production;
                Replace(expected, stage);
                expected[Create(stage, model)] = new(stage, model, 0);
                return;
            }

            if (All.Count == 0)
            {
                return;
            }

            var target = All.Values.OrderBy(deployment => deployment.Id.ToString(), StringComparer.Ordinal).ElementAt(pick % All.Count);
            var before = expected[target.Id];
            switch (verb)
            {
                case Verb.Share:
                    DoCanary(
                        () => Machine().Update(target, Patch(canary: true, traffic: percent), Models[before.Model].Signature, null),
                        expected, target.Id, before with { Canary = percent });
                    break;
                case Verb.EndCanary:
                    Do(() => Machine().Update(target, Patch(canary: false), Models[before.Model].Signature, null), true, () => expected[target.Id] = before with { Canary = 0 });
                    break;
                case Verb.Promote:
                    Do(() => Machine().Promote(target), before.Stage != Stage.Archived, () => Raise(expected, target.Id));
                    break;
                case Verb.RollBackToDeployment:
                    Do(() => Machine().RollBackTo(target), before.Stage != Stage.Staging, () => Raise(expected, target.Id));
                    break;
                case Verb.RollBackToModel:
                    var id = DeploymentId.New(Now);
                    var serves = expected.Values.Any(one => one.Stage == Stage.Production && one.Model == model);
                    Do(() => Machine().RollBackTo(Models[model], target, id), true, () =>
                    {
                        if (!serves)
                        {
                            Replace(expected, Stage.Production);
                            expected[id] = new(Stage.Production, model, 0);
                        }
                    });
                    break;
                case Verb.Deactivate:
                    Do(() => Machine().Deactivate(target), true, () => expected[target.Id] = new(Stage.Archived, before.Model, 0));
                    break;
                default:
                    Do(() => Machine().Delete(target), before.Stage == Stage.Archived, () => expected.Remove(target.Id));
                    break;
            }
        }

        public Dictionary<DeploymentId, Stage> StagesByHistory()
        {
            var stages = new Dictionary<DeploymentId, Stage>();
            foreach (var happened in history)
            {
                if (happened.Action == "updated")
                {
                    continue;
                }

                if (happened.To is null)
                {
                    stages.Remove(happened.Deployment!.Value);
                }
                else
                {
                    stages[happened.Deployment!.Value] = Enum.Parse<Stage>(happened.To, ignoreCase: true);
                }
            }

            return stages;
        }

        // Refused outside staging, and over 99 percent with the others.
        private void DoCanary(Func<LifecycleDecision> command, Dictionary<DeploymentId, Expected> expected, DeploymentId id, Expected then)
        {
            var others = expected.Where(pair => pair.Key != id).Sum(pair => pair.Value.Canary);
            if (then.Stage == Stage.Staging && others + then.Canary > 99)
            {
                Assert.Equal(ErrorCode.CanarySharesExceeded, Assert.Throws<MlOpsException>(() => command()).Code);
                return;
            }

            Do(command, then.Stage == Stage.Staging, () => expected[id] = then);
        }

        private void Do(Func<LifecycleDecision> command, bool allowed, Action expect)
        {
            if (!allowed)
            {
                Assert.Equal(ErrorCode.DeploymentStateConflict, Assert.Throws<MlOpsException>(() => command()).Code);
                return;
            }

            Take(command());
            expect();
        }

        private void Take(LifecycleDecision decision)
        {
            foreach (var id in decision.Delete)
            {
                All.Remove(id);
            }

            foreach (var deployment in decision.Put)
            {
                All[deployment.Id] = deployment;
            }

            history.AddRange(decision.History);
        }

        private static void Raise(Dictionary<DeploymentId, Expected> expected, DeploymentId id)
        {
            if (expected[id].Stage != Stage.Production)
            {
                Replace(expected, Stage.Production);
                expected[id] = new(Stage.Production, expected[id].Model, 0);
            }
        }

        private static void Replace(Dictionary<DeploymentId, Expected> expected, Stage stage)
        {
            foreach (var (id, one) in expected.Where(pair => stage == Stage.Production && pair.Value.Stage == Stage.Production).ToList())
            {
                expected[id] = new(Stage.Archived, one.Model, 0);
            }
        }
    }
}
