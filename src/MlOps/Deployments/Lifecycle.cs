using MlOps.Models;
using MlOps.Projects;

namespace MlOps.Deployments;

/// <summary>
/// The life of a project's deployments as a pure state machine: state and command in, decision out. At most one is in production, and canaries, which
/// are in staging, leave it a share.
/// </summary>
/// <param name="state">The project as it is.</param>
/// <param name="actor">Name of the key that asks.</param>
public sealed class Lifecycle(ProjectState state, string actor, DateTimeOffset now)
{
    /// <summary>What a project's canaries may take together, in percent.</summary>
    public const int MostCanaryPercent = 99;

    private readonly List<Deployment> put = [];
    private readonly List<TimelineEvent> history = [];
    private readonly List<string> warnings = [];

    /// <param name="trial">What came of loading the model, null before that; a staging deployment is made all the same.</param>
    public LifecycleDecision Create(DeploymentId id, DeploymentSpec spec, Stage stage, RegisteredModel model, Trial? trial)
    {
        if (stage == Stage.Archived)
        {
            throw new MlOpsException(ErrorCode.ValidationFailed, "A deployment is created in staging or production.", [new Fault("/stage", "Send staging or production.")]);
        }

        if (stage == Stage.Production && spec.Canary)
        {
            throw new MlOpsException(
                ErrorCode.ValidationFailed, "A canary is created in staging.", [new Fault("/canary", "Send stage staging with canary true, or leave 'canary' out: production has what canaries leave.")]);
        }

        var created = new Deployment(id, state.Id, spec, stage, model.Name, model.Algo, trial?.Failure, now, now);
        CheckCanary(created);
        return stage == Stage.Production ? Raise(created, null, "created") : Put(created, null, "created") with { Tried = created };
    }

    public LifecycleDecision Promote(Deployment target) => target.Stage switch
    {
        Stage.Production => LifecycleDecision.Already(target),
        Stage.Archived => throw new MlOpsException(
            ErrorCode.DeploymentStateConflict, $"The deployment '{target.Spec.Name}' is archived. To bring it back, roll back to it: POST …/rollback with to_deployment_id {target.Id}."),
        _ => Raise(target, target.Stage, "promoted"),
    };

    /// <summary>Brings an archived deployment back into production.</summary>
    public LifecycleDecision RollBackTo(Deployment target) => target.Stage switch
    {
        Stage.Production => LifecycleDecision.Already(target),
        Stage.Staging => throw new MlOpsException(
            ErrorCode.DeploymentStateConflict, $"The deployment '{target.Spec.Name}' is in staging, not archived. To put it into production, promote it."),
        _ => Raise(target, target.Stage, "rolled_back"),
    };

    /// <summary>Makes a production deployment of a model, unless production serves it already.</summary>
    /// <param name="named">The deployment in the path, whose name and privacy are taken when there is no production.</param>
    /// <param name="id">For the deployment that is made.</param>
    public LifecycleDecision RollBackTo(RegisteredModel model, Deployment named, DeploymentId id)
    {
        var production = state.Production;
        if (production?.Spec.Model == model.Id)
        {
            return LifecycleDecision.Already(production);
        }

        var like = (production ?? named).Spec;
        var spec = like with { Model = model.Id, Canary = false };
        return Raise(new Deployment(id, state.Id, spec, Stage.Production, model.Name, model.Algo, null, now, now), null, "rolled_back");
    }

    public LifecycleDecision Deactivate(Deployment target) =>
        target.Stage == Stage.Archived ? LifecycleDecision.Already(target) : Put(Archived(target), target.Stage, "deactivated");

    /// <summary>Sets what a PATCH sets.</summary>
    /// <param name="target">A deployment of any stage.</param>
    /// <param name="trial">What came of loading the model of what becomes a canary; null before that.</param>
    public LifecycleDecision Update(Deployment target, DeploymentPatch patch, ModelSignature? signature, Trial? trial)
    {
        var before = target.Spec;
        var privacy = before.Privacy;
        var spec = before with
        {
            Name = patch.Name.IsSet ? patch.Name.Value ?? "" : before.Name,
            TrafficPercent = patch.TrafficPercent.IsSet ? patch.TrafficPercent.Value ?? 100 : before.TrafficPercent,
            Canary = patch.Canary.IsSet ? patch.Canary.Value ?? false : before.Canary,
            Privacy = new PrivacySettings(
                patch.PrivacyPolicyId.Or(privacy.PolicyId),
                patch.AnonymizeLogs.Or(privacy.AnonymizeLogs),
                patch.AnonymizeResponse.Or(privacy.AnonymizeResponse),
                patch.ColumnMap.Or(privacy.ColumnMap),
                patch.Threshold.Or(privacy.Threshold)),
        };
        SpecRules.Check(spec, signature ?? throw ModelDeleted(target));
        if (spec == before)
        {
            return LifecycleDecision.Already(target);
        }

        var updated = target with { Spec = spec, UpdatedAt = now };
        CheckCanary(updated);
        NoteWeaker(target, privacy, spec.Privacy);
        var begins = spec.Canary && !before.Canary;
        if (begins && trial is not null)
        {
            updated = updated with { Failure = trial.Failure };
        }

        return Put(updated, null, "updated", Describe(before), Describe(spec)) with { Tried = begins ? updated : null };
    }

    public LifecycleDecision Delete(Deployment target)
    {
        if (target.Stage != Stage.Archived && !(target.Stage == Stage.Staging && target.Failure is not null))
        {
            throw new MlOpsException(
                ErrorCode.DeploymentStateConflict, $"The deployment '{target.Spec.Name}' is in {Word(target.Stage)}. Deactivate it first: only archived deployments, and failed ones in staging, are deleted.");
        }

        history.Add(Event(target, "deleted", Word(target.Stage), null));
        return new LifecycleDecision(target, null, null, [], [target.Id], [.. history], []);
    }

    /// <summary>The 409 for an archived deployment whose model is gone.</summary>
    public static MlOpsException ModelDeleted(Deployment target) =>
        new(ErrorCode.ModelDeleted, $"The model '{target.ModelName}' of the deployment '{target.Spec.Name}' has been deleted. Register it again, and roll back with to_model_id.");

    private void CheckCanary(Deployment deployment)
    {
        if (!deployment.Spec.Canary)
        {
            return;
        }

        if (deployment.Stage != Stage.Staging)
        {
            throw new MlOpsException(
                ErrorCode.DeploymentStateConflict, $"The deployment '{deployment.Spec.Name}' is in {Word(deployment.Stage)}. Only deployments in staging can be canaries: create one with canary true.");
        }

        var others = state.Deployments.Where(other => other.Spec.Canary && other.Id != deployment.Id).Sum(other => other.Spec.TrafficPercent);
        if (others + deployment.Spec.TrafficPercent is var sum and > MostCanaryPercent)
        {
            throw new MlOpsException(
                ErrorCode.CanarySharesExceeded,
                $"The shares of the project's canaries would add up to {sum} percent: {deployment.Spec.TrafficPercent} of this one and {others} of others. "
                + $"At most {MostCanaryPercent} leave production its own: send a lower traffic_percent, or lower others first.");
        }
    }

    private LifecycleDecision Raise(Deployment target, Stage? from, string action)
    {
        if (state.Production is { } old && old.Id != target.Id)
        {
            put.Add(Archived(old));
            history.Add(Event(old, "archived", Word(Stage.Production), Word(Stage.Archived)));
            NoteWeaker(target, old.Spec.Privacy, target.Spec.Privacy);
        }

        var raised = target with { Stage = Stage.Production, Failure = null, UpdatedAt = now, Spec = target.Spec with { Canary = false } };
        return Put(raised, from, action) with { Raised = raised };
    }

    private LifecycleDecision Put(Deployment deployment, Stage? from, string action) =>
        Put(deployment, from, action, from is { } stage ? Word(stage) : null, Word(deployment.Stage));

    private LifecycleDecision Put(Deployment deployment, Stage? _, string action, string? before, string? after)
    {
        put.Add(deployment);
        history.Add(Event(deployment, action, before, after));
        return new LifecycleDecision(deployment, null, null, [.. put], [], [.. history], [.. warnings]);
    }

    private Deployment Archived(Deployment deployment) =>
        deployment with { Stage = Stage.Archived, UpdatedAt = now, Spec = deployment.Spec with { Canary = false } };

    private void NoteWeaker(Deployment deployment, PrivacySettings before, PrivacySettings after)
    {
        if (SpecRules.IsWeaker(before, after))
        {
            warnings.Add("Privacy becomes weaker by this change: inputs that were withheld from the logs may be stored from now on.");
            history.Add(Event(deployment, "privacy_weakened", Describe(before), Describe(after)));
        }
    }

    private TimelineEvent Event(Deployment deployment, string action, string? from, string? to) =>
        new(Guid.CreateVersion7(now), now, actor, action, deployment.Id, deployment.Spec.Model, from, to);

    private static string Describe(DeploymentSpec spec) => $"name={spec.Name}, traffic_percent={spec.TrafficPercent}, canary={(spec.Canary ? "true" : "false")}, {Describe(spec.Privacy)}";

    private static string Describe(PrivacySettings privacy) =>
        $"anonymize_logs={SpecRules.Anonymizes(privacy)}, column_map={(privacy.ColumnMap is null ? "none" : "set")}".ToLowerInvariant();

    private static string Word(Stage stage) => stage.ToString().ToLowerInvariant();
}
