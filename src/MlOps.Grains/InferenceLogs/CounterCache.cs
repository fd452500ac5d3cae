using MlOps.Deployments;
using MlOps.Drift;
using MlOps.Models;
using MlOps.Projects;

namespace MlOps.InferenceLogs;

/// <summary>What the committer knows of the deployments whose records it commits. Used by one thread at a time.</summary>
internal sealed class CounterCache(IInferenceStore store, IModelStore models, IProjectStore projects, TimeProvider time)
{
    private const int MostKept = 20_000;

    // A project that is deleted meanwhile leaves rows until the next look of the sweep.
    private static readonly TimeSpan Trust = TimeSpan.FromSeconds(5);

    private readonly Dictionary<DeploymentId, DeploymentCounter> counters = [];
    private readonly Dictionary<ProjectId, long> seen = [];
    private readonly HashSet<ProjectId> gone = [];

    /// <summary>Null when the record's project is deleted: nobody can ask for the row any more.</summary>
    public async ValueTask<DeploymentCounter?> Find(InferenceFrame frame, CancellationToken cancellation)
    {
        if (!await Exists(frame.Project, cancellation))
        {
            return null;
        }

        var features = frame is AnsweredFrame answered ? answered.Features : 0;
        if (counters.TryGetValue(frame.Deployment, out var known) && known.Counts(features))
        {
            return known;
        }

        if (counters.Count >= MostKept)
        {
            counters.Clear();
        }

        return counters[frame.Deployment] = await Load(frame, cancellation);
    }

    /// <summary>The deployment's first answers are frozen.</summary>
    public void Put(DeploymentId deployment, PredictionBins firstAnswers)
    {
        if (counters.TryGetValue(deployment, out var known))
        {
            counters[deployment] = known.With(firstAnswers);
        }
    }

    private async Task<DeploymentCounter> Load(InferenceFrame frame, CancellationToken cancellation)
    {
        var model = (await models.Find(frame.Model, cancellation))?.Model;
        var classes = model?.Signature.Output.Classes.Length ?? (frame as AnsweredFrame)?.Classes.Length ?? 0;
        var deployment = new LoggedDeployment(frame.Deployment, frame.Project, frame.Model, classes is > 0 and <= LogSeries.MostClasses);
        var first = model is { Baseline.Prediction: null } or { Baseline: null } ? await store.FirstAnswers(frame.Deployment, cancellation) : null;
        return new DeploymentCounter(deployment, model?.Signature, model?.Baseline, first);
    }

    private async ValueTask<bool> Exists(ProjectId project, CancellationToken cancellation)
    {
        if (gone.Contains(project))
        {
            return false;
        }

        if (seen.TryGetValue(project, out var when) && time.GetElapsedTime(when) < Trust)
        {
            return true;
        }

        var asked = time.GetTimestamp();
        if (await projects.Find(project, cancellation) is null)
        {
            gone.Add(project);
            seen.Remove(project);
            return false;
        }

        seen[project] = asked;
        return true;
    }
}
