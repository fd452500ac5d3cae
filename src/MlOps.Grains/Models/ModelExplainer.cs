using MlOps.Contributions;
using MlOps.Predictions;

namespace MlOps.Models;

/// <summary>The explainer of a model in memory, made when it is asked for first, by one caller for all.</summary>
internal sealed class ModelExplainer(
    RegisteredModel model, ILoadedModel loaded, string graph, PredictionPlan plan, IModelRuntime runtime, IModelStore store, TimeProvider time) : IDisposable
{
    private const string Stacked = "StackedEnsemble";
    private const int TrialRows = 32;

    private readonly Lock gate = new();
    private Task<MeasuredExplainer>? making;
    private MeasuredExplainer? made;

    /// <summary>Bytes of memory that it takes, about; 0 before it is made.</summary>
    public long Bytes => Volatile.Read(ref made)?.Explainer.Bytes ?? 0;

    /// <param name="hold">Keeps the model in memory for as long as the making lasts; false when it has left.</param>
    /// <param name="release">Ends that.</param>
    /// <exception cref="MlOpsException">422 when there are no honest contributions, 424 or 503 when it cannot be made.</exception>
    public ValueTask<MeasuredExplainer> Get(Func<bool> hold, Action release, CancellationToken cancellation)
    {
        if (Volatile.Read(ref made) is { } ready)
        {
            return new(ready);
        }

        MustBeExplained();
        lock (gate)
        {
            // One that failed is tried again: the database may be back.
            if (making is null or { IsFaulted: true } or { IsCanceled: true })
            {
                making = hold() ? Task.Run(() => Make(release), CancellationToken.None) : throw new MlOpsException(ErrorCode.NotServing, "The model is being unloaded. Send the request again.");
            }

            return new(making.WaitAsync(cancellation));
        }
    }

    public void Dispose() => made?.Explainer.Dispose();

    private void MustBeExplained()
    {
        if (string.Equals(model.Algo, Stacked, StringComparison.OrdinalIgnoreCase))
        {
            throw Unavailable("A StackedEnsemble has no contributions: it answers what other models answered, and theirs are not its own.");
        }

        if (model.Contributions is null)
        {
            throw Unavailable("The model was registered before contributions were found out at registration: register it again.");
        }

        if (model.Contributions.Unavailable is { } reason)
        {
            throw Unavailable(reason);
        }
    }

    private async Task<MeasuredExplainer> Make(Action release)
    {
        try
        {
            var basis = await store.ReadBasis(model.Id, CancellationToken.None) ?? throw Unavailable("What explaining this model needs is missing in the catalogue: register it again.");
            var explainer = Explainers.Of(runtime.ReadForm(graph, model.Signature), basis, model.Signature, loaded, cut => runtime.LoadUpTo(cut, model.Digest, graph, model.Signature), CancellationToken.None);
            try
            {
                var ready = new MeasuredExplainer(explainer, Measure(explainer));
                Volatile.Write(ref made, ready);
                return ready;
            }
            catch
            {
                explainer.Dispose();
                throw;
            }
        }
        catch (InvalidDataException other)
        {
            throw new MlOpsException(ErrorCode.ContributionsUnavailable, "What was found out at registration does not fit the model's file: register it again.", inner: other);
        }
        finally
        {
            release();
        }
    }

    private RunCost Measure(IExplainer explainer)
    {
        var cost = new RunCost();
        var one = Measure(explainer, 1);
        var isRun = explainer.Method is ContributionMethod.Enumerated or ContributionMethod.Sampled;
        cost.Start(one, isRun ? one : Math.Max(0, Measure(explainer, TrialRows) - one) / (TrialRows - 1));
        return cost;
    }

    private double Measure(IExplainer explainer, int rows)
    {
        var batch = plan.Rent();
        try
        {
            ExampleRows.Fill(batch, model.ExampleRequest, rows);
            loaded.Run(batch, 0, rows, CancellationToken.None);
            plan.Check(batch);
            var into = new BatchContributions();
            into.Reset(rows, 1, model.Signature.Features.Length, all: false, explainer.Method == ContributionMethod.Sampled);
            explainer.Explain(batch, into, 0, rows, CancellationToken.None);
            var started = time.GetTimestamp();
            explainer.Explain(batch, into, 0, rows, CancellationToken.None);
            return time.GetElapsedTime(started).TotalMicroseconds;
        }
        finally
        {
            plan.Return(batch);
        }
    }

    private static MlOpsException Unavailable(string reason) =>
        new(ErrorCode.ContributionsUnavailable, reason, [new Fault("/options/include_contributions", reason)]);
}

/// <summary>An explainer, and what explaining takes.</summary>
internal sealed record MeasuredExplainer(IExplainer Explainer, RunCost Cost);
