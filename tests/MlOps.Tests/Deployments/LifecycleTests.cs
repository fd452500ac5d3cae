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
        Promote,
        RollBackToDeployment,
        RollBackToModel,
        Deactivate,
        Delete,
    }

    [Fact]
    public void RandomCommands_FollowTheModel()
    {
        var command = Gen.Select(Gen.Enum<Verb>(), Gen.Int[0, 9], Gen.Int[0, Models.Length - 1]);

        command.Array[0, 60].Sample(
            commands =>
            {
                var machine = new World();
                var expected = new Dictionary<DeploymentId, (Stage Stage, int Model)>();
                foreach (var (verb, pick, model) in commands)
                {
                    machine.Apply(verb, pick, model, expected);
                    Assert.Equal(expected.ToDictionary(pair => pair.Key, pair => pair.Value.Stage), machine.Stages);
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

        var refused = Assert.Throws<MlOpsException>(() => world.Machine().Update(world.All[id], patch, Models[0].Signature));

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

        var spec = world.Machine().Update(world.All[id], patch, Models[0].Signature).Result.Spec;

        Assert.Equal(("renamed", 100, true, null), (spec.Name, spec.TrafficPercent, spec.Privacy.AnonymizeLogs, spec.Privacy.Threshold));
    }

    private static RegisteredModel Model(string name) => new(
        ModelId.New(Now), Project, name, "GBM", name, [],
        new ModelSignature([], [], new OutputSpec(ModelTask.Regression, null, [], ["y"], [], 1, false, ScoreKind.Value, [], null, []), false),
        null, "{}", "{}", "{}", null, [], Now);

    /// <summary>Deployments as the machine's decisions leave them, and the history they wrote.</summary>
    private sealed class World
    {
        private readonly List<TimelineEvent> history = [];

        public Dictionary<DeploymentId, Deployment> All { get; } = [];

        public Dictionary<DeploymentId, Stage> Stages => All.ToDictionary(pair => pair.Key, pair => pair.Value.Stage);

        public Lifecycle Machine() => new(new ProjectState(Project, 1, [.. All.Values.Where(deployment => deployment.Stage != Stage.Archived)], new(Guid.Empty, Now)), "tester", Now);

        public DeploymentId Create(Stage stage, int model, PrivacySettings? privacy = null)
        {
            var id = DeploymentId.New(Now);
            Take(Machine().Create(id, new DeploymentSpec(Models[model].Id, $"d{All.Count}", 100, false, privacy ?? PrivacySettings.None, null), stage, Models[model], null));
            return id;
        }

        public void Apply(Verb verb, int pick, int model, Dictionary<DeploymentId, (Stage Stage, int Model)> expected)
        {
            if (verb is Verb.CreateStaging or Verb.CreateProduction)
            {
                var stage = verb == Verb.CreateStaging ? Stage.Staging : Stage.Production;
                Replace(expected, stage);
                expected[Create(stage, model)] = (stage, model);
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
                            expected[id] = (Stage.Production, model);
                        }
                    });
                    break;
                case Verb.Deactivate:
                    Do(() => Machine().Deactivate(target), true, () => expected[target.Id] = (Stage.Archived, before.Model));
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

        private static void Raise(Dictionary<DeploymentId, (Stage Stage, int Model)> expected, DeploymentId id)
        {
            if (expected[id].Stage != Stage.Production)
            {
                Replace(expected, Stage.Production);
                expected[id] = (Stage.Production, expected[id].Model);
            }
        }

        private static void Replace(Dictionary<DeploymentId, (Stage Stage, int Model)> expected, Stage stage)
        {
            foreach (var (id, one) in expected.Where(pair => stage == Stage.Production && pair.Value.Stage == Stage.Production).ToList())
            {
                expected[id] = (Stage.Archived, one.Model);
            }
        }
    }
}
