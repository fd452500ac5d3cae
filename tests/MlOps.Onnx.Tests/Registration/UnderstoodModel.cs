using System.Text.Json;
using MlOps.Contributions;
using MlOps.Models;
using MlOps.Predictions;

namespace MlOps.Tests.Registration;

/// <summary>A model that was accepted, served as a silo would serve it.</summary>
internal sealed class UnderstoodModel : IDisposable
{
    private readonly OnnxModelFile file;
    private readonly string folder;
    private readonly ILoadedModel loaded;
    private readonly PredictionPlan plan;
    private JsonElement[] sent = [];

    public UnderstoodModel(CheckedModel model, OnnxModelFile file, string folder)
    {
        (Checked, this.file, this.folder) = (model, file, folder);
        loaded = new OnnxModelRuntime().Load(folder, Path.Combine(folder, "model.onnx"), model.Signature);
        plan = new PredictionPlan(model.Signature, model.Baseline);
    }

    public CheckedModel Checked { get; }

    public PredictionPlan Plan => plan;

    public ILoadedModel Loaded => loaded;

    public ModelSignature Signature => Checked.Signature;

    public string Warnings => string.Join('\n', Checked.Warnings);

    /// <summary>Feeds rows as JSON objects: a refusal, or every row's prediction.</summary>
    public (string? Refusal, Prediction[] Predictions) Predict(params JsonElement[] rows)
    {
        var batch = plan.Rent();
        batch.Resize(rows.Length);
        for (var row = 0; row < rows.Length; row++)
        {
            if (Feed(batch, row, rows[row]) is { } wrong)
            {
                return (wrong, []);
            }
        }

        for (var from = 0; from < rows.Length; from += Signature.RowByRow ? 1 : rows.Length)
        {
            loaded.Run(batch, from, Signature.RowByRow ? 1 : rows.Length, CancellationToken.None);
        }

        return (null, [.. Enumerable.Range(0, rows.Length).Select(batch.Read)]);
    }

    /// <summary>Rows fed and predicted, as a request's are.</summary>
    public PredictionBatch Run(params JsonElement[] rows)
    {
        sent = rows;
        var batch = new PredictionBatch(plan);
        batch.Resize(rows.Length);
        for (var row = 0; row < rows.Length; row++)
        {
            if (Feed(batch, row, rows[row]) is { } wrong)
            {
                throw new ArgumentException(wrong);
            }
        }

        loaded.Run(batch, 0, rows.Length, CancellationToken.None);
        plan.Check(batch);
        return batch;
    }

    /// <summary>The value of a feature of <see cref="Run"/>'s rows as it was sent.</summary>
    public Scalar Sent(int row, int feature) => sent[row].TryGetProperty(Signature.Features[feature].Name, out var value) ? Scalar.From(value)!.Value : Scalar.Null;

    /// <summary>What the model's general explainers run.</summary>
    public GraphValues Values()
    {
        var (runtime, graph) = (new OnnxModelRuntime(), Path.Combine(folder, "model.onnx"));
        var cut = (GraphScores)runtime.ReadForm(graph, Signature).Source;
        return new GraphValues(cut, Checked.Contributions!.Reading, Signature, loaded, up => runtime.LoadUpTo(up, folder, graph, Signature));
    }

    /// <summary>The explainer that a silo would make.</summary>
    public IExplainer Explainer()
    {
        var (runtime, graph) = (new OnnxModelRuntime(), Path.Combine(folder, "model.onnx"));
        var basis = ContributionBasis.Read(Checked.Contributions!.ToBytes());
        return Explainers.Of(runtime.ReadForm(graph, Signature), basis, Signature, loaded, cut => runtime.LoadUpTo(cut, folder, graph, Signature), CancellationToken.None);
    }

    public void Dispose()
    {
        loaded.Dispose();
        file.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private string? Feed(PredictionBatch batch, int row, JsonElement values)
    {
        var names = Signature.Features.Select(feature => feature.Name).ToList();
        var strange = values.EnumerateObject().Select(value => value.Name).FirstOrDefault(name => !names.Contains(name));
        for (var feature = 0; feature < names.Count; feature++)
        {
            var given = values.TryGetProperty(names[feature], out var value);
            if (!given && strange is not null)
            {
                return $"'{strange}' is unknown: {NearestName.Propose(strange, names)}";
            }

            if (batch.Set(row, feature, given ? Scalar.From(value)!.Value : Scalar.Null) is { } wrong)
            {
                return wrong;
            }
        }

        return null;
    }
}
