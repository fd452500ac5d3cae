using Microsoft.Extensions.Logging;
using MlOps.Deployments;
using MlOps.Models;
using MlOps.Predictions;
using Orleans.Concurrency;

namespace MlOps.Projects;

/// <summary>
/// A shell over <see cref="Lifecycle"/>: read, decide, commit, tell every silo. It holds no state between calls. Calls interleave, because models
/// are loaded before the turn; deciding and committing take turns. What a turn relies on is read within it, and the commit fails on another
/// epoch: neither interleaving nor a second activation can break the single-production rule, only cost a repetition.
/// </summary>
[Reentrant]
internal sealed partial class ProjectGrain(
    IProjectStore projects, IDeploymentStore deployments, IModelStore models, IIdempotencyStore answers, SiloFanout silos, ReplicaHost local, TimeProvider time, ILogger<ProjectGrain> log)
    : Grain, IProjectGrain, IDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);
    private const int LostRaces = 20;
    private const int MostWaiting = 64;

    private readonly SemaphoreSlim turn = new(1);
    private int waiting;

    private delegate Task<LifecycleDecision> Decide(Lifecycle life, Trial? trial, CancellationToken cancellation);

    private ProjectId Id => new(this.GetPrimaryKey());

    public async Task<LifecycleOutcome> Create(DeploymentId id, DeploymentSpec spec, Stage stage, ChangeRequest request, CancellationToken cancellation)
    {
        if (await Repeated(request, cancellation) is { } first)
        {
            return first;
        }

        var model = await Model(spec.Model, "/model_id", cancellation);
        SpecRules.Check(spec, model.Signature);
        return await Change(
            request, async (life, trial, token) => life.Create(id, spec, stage, await Model(spec.Model, "/model_id", token), trial), cancellation);
    }

    public Task<LifecycleOutcome> Promote(DeploymentId id, ChangeRequest request, CancellationToken cancellation) =>
        Change(request, async (life, _, token) => life.Promote(await Deployment(id, token)), cancellation);

    public async Task<LifecycleOutcome> Rollback(DeploymentId id, RollbackTarget target, DeploymentId created, ChangeRequest request, CancellationToken cancellation)
    {
        if (await Repeated(request, cancellation) is { } first)
        {
            return first;
        }

        await Deployment(id, cancellation);
        if (target is { Deployment: null, Model: null })
        {
            throw await NoTarget(cancellation);
        }

        return await Change(
            request,
            async (life, _, token) =>
            {
                var model = target.Model is { } modelId ? await Model(modelId, "/to_model_id", token) : null;
                if (target.Deployment is not { } to)
                {
                    return life.RollBackTo(model!, await Deployment(id, token), created);
                }

                var archived = await Deployment(to, token, "/to_deployment_id");
                if (target.Model is not null && archived.Spec.Model != target.Model)
                {
                    throw new MlOpsException(
                        ErrorCode.ValidationFailed, "to_deployment_id and to_model_id do not agree: send one of them.", [new Fault("/to_model_id", $"The deployment serves the model {archived.Spec.Model}.")]);
                }

                // An archived deployment does not keep its model from being deleted.
                var decision = life.RollBackTo(archived);
                return decision.IsChange && await models.Find(archived.Spec.Model, token) is null ? throw Lifecycle.ModelDeleted(archived) : decision;
            },
            cancellation);
    }

    public Task<LifecycleOutcome> Deactivate(DeploymentId id, ChangeRequest request, CancellationToken cancellation) =>
        Change(request, async (life, _, token) => life.Deactivate(await Deployment(id, token)), cancellation);

    public Task<LifecycleOutcome> Update(DeploymentId id, DeploymentPatch patch, ChangeRequest request, CancellationToken cancellation) =>
        Change(
            request,
            async (life, trial, token) =>
            {
                var target = await Deployment(id, token);
                return life.Update(target, patch, (await models.Find(target.Spec.Model, token))?.Model.Signature, trial);
            },
            cancellation);

    public Task DeleteDeployment(DeploymentId id, ChangeRequest request, CancellationToken cancellation) =>
        Change(request, async (life, _, token) => life.Delete(await Deployment(id, token)), cancellation);

    public async Task Announce(CancellationToken cancellation)
    {
        if (await projects.Load(Id, cancellation) is { } state)
        {
            await silos.Apply(state);
        }
    }

    public async Task<bool> Delete(ChangeRequest request, CancellationToken cancellation)
    {
        var deleted = await projects.Delete(Id, CancellationToken.None);
        if (deleted)
        {
            await silos.Forget(Id);
        }

        return deleted;
    }

    public void Dispose() => turn.Dispose();

    private async Task<LifecycleOutcome> Change(ChangeRequest request, Decide decide, CancellationToken cancellation)
    {
        if (await Repeated(request, cancellation) is { } first)
        {
            return first;
        }

        var trial = await Prepare(request, decide, cancellation);
        if (!await Turn(cancellation))
        {
            throw new MlOpsException(ErrorCode.Busy, "Other changes of this project are still under way. Wait for the seconds of Retry-After, then send it again.");
        }

        try
        {
            return await Repeated(request, cancellation) ?? await DecideAndCommit(request, decide, trial, cancellation);
        }
        finally
        {
            turn.Release();
        }
    }

    // A flood of changes is refused at once: those in front would take longer than anybody waits.
    private async Task<bool> Turn(CancellationToken cancellation)
    {
        if (waiting >= MostWaiting)
        {
            return false;
        }

        waiting++;
        try
        {
            return await turn.WaitAsync(LongestWait, cancellation);
        }
        finally
        {
            waiting--;
        }
    }

    // What takes production or a share of it is loaded and tried on every silo first. If that fails for production, nothing has changed; what is in
    // staging is then failed. The decision is taken again in the turn.
    private async Task<Trial?> Prepare(ChangeRequest request, Decide decide, CancellationToken cancellation)
    {
        var decision = await decide(new Lifecycle(await State(cancellation), request.Caller.Name, time.GetUtcNow()), null, cancellation);
        if (decision.Raised is { } raised)
        {
            (await models.Find(raised.Spec.Model, cancellation))?.Model.MustBeReady();
            await silos.Prepare(raised);
        }

        if (decision.Tried is not { } tried)
        {
            return null;
        }

        if (!tried.Spec.Canary)
        {
            // One that could not begin is no failure of the model's: the first request loads it.
            return new Trial(await local.Prepare(tried, cancellation) is { Code: not ErrorCode.ModelLoading } failed ? failed.Message : null);
        }

        try
        {
            await silos.Prepare(tried);
            return new Trial(null);
        }
        catch (MlOpsException failed) when (failed.Code is ErrorCode.ModelError or ErrorCode.ModelTimeout or ErrorCode.OutputNotFinite)
        {
            return new Trial(failed.Message);
        }
    }

    private async Task<LifecycleOutcome> DecideAndCommit(ChangeRequest request, Decide decide, Trial? trial, CancellationToken cancellation)
    {
        for (var race = 0; race < LostRaces; race++)
        {
            var state = await State(cancellation);
            var decision = await decide(new Lifecycle(state, request.Caller.Name, time.GetUtcNow()), trial, cancellation);
            var outcome = decision.Outcome(ProjectRoutes.Of(decision.After(state)).ShareOf(decision.Result.Id, local.IsLoaded));
            if (!decision.IsChange && request.Idempotency is null)
            {
                await silos.Apply(state);
                return outcome;
            }

            var answer = request.Idempotency is { } entry ? entry with { Outcome = ExactJson.Write(outcome) } : null;
            // From here on nobody can call it off: a change that is committed but not told would be served by nobody.
            if (await projects.Commit(new ProjectChange(Id, state.Epoch, decision.Put, decision.Delete, decision.History, answer), CancellationToken.None))
            {
                await silos.Apply(await State(CancellationToken.None));
                Changed(Id, request.Caller.Name, decision.Result.Id, decision.Result.Stage);
                return outcome;
            }
        }

        throw new MlOpsException(ErrorCode.Busy, "The project is being changed by others all the time. Wait for the seconds of Retry-After, then send it again.");
    }

    // A repeated answer is given like the first one: only when every silo serves what it says.
    private async Task<LifecycleOutcome?> Repeated(ChangeRequest request, CancellationToken cancellation)
    {
        if (request.Idempotency is not { } asked || await answers.Find(asked.Key, cancellation) is not { } kept)
        {
            return null;
        }

        if (kept.RequestHash != asked.RequestHash)
        {
            throw new MlOpsException(ErrorCode.IdempotencyKeyReused, "This Idempotency-Key came with another request within the last 24 hours. Use a new key for a new request.");
        }

        await silos.Apply(await State(cancellation));
        return ExactJson.Read<LifecycleOutcome>(kept.Outcome);
    }

    private async Task<ProjectState> State(CancellationToken cancellation) =>
        await projects.Load(Id, cancellation) ?? throw new MlOpsException(ErrorCode.NotFound, $"There is no project {Id}.");

    // In the path it is 404, in a body a fault of the body.
    private async Task<Deployment> Deployment(DeploymentId id, CancellationToken cancellation, string? pointer = null)
    {
        var found = await deployments.Find(id, cancellation);
        if (found is not null && found.Project == Id)
        {
            return found;
        }

        var detail = $"There is no deployment {id} in this project.";
        throw pointer is null ? new MlOpsException(ErrorCode.NotFound, detail) : new MlOpsException(ErrorCode.ValidationFailed, detail, [new Fault(pointer, detail)]);
    }

    private async Task<RegisteredModel> Model(ModelId id, string pointer, CancellationToken cancellation)
    {
        var found = await models.Find(id, cancellation);
        var detail = $"There is no model {id} in this project.";
        if (found?.Model.Project != Id)
        {
            throw new MlOpsException(ErrorCode.ValidationFailed, detail, [new Fault(pointer, detail)]);
        }

        found.Model.MustBeReady();
        return found.Model;
    }

    private async Task<MlOpsException> NoTarget(CancellationToken cancellation)
    {
        var previous = await deployments.PreviousProduction(Id, cancellation);
        var detail = previous is null
            ? "Say where to roll back to: to_deployment_id (an archived deployment) or to_model_id. No other deployment has been in production yet."
            : $"Say where to roll back to: to_deployment_id (an archived deployment) or to_model_id. Before this one, '{previous.Spec.Name}' was in production: to_deployment_id {previous.Id}.";
        return new MlOpsException(ErrorCode.ValidationFailed, detail, [new Fault("", detail)]);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Project {Project}: {Actor} changed deployment {Deployment}, now in {Stage}")]
    private partial void Changed(ProjectId project, string actor, DeploymentId deployment, Stage stage);
}
