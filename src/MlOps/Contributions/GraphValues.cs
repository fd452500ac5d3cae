using MlOps.Models;
using MlOps.Predictions;

namespace MlOps.Contributions;

/// <summary>Runs a graph for the scores that are explained.</summary>
internal sealed class GraphValues : IDisposable
{
    private readonly ILoadedModel model;
    private readonly bool isOwn;
    private readonly bool fromProbabilities;
    private readonly ScoreReading reading;
    private readonly int width;

    /// <param name="served">The model as it answers predictions; used where nothing is cut.</param>
    /// <param name="load">Loads the graph up to a value, to be answered as scores.</param>
    public GraphValues(GraphScores source, ScoreReading reading, ModelSignature signature, ILoadedModel served, Func<GraphCut, ILoadedModel> load)
    {
        this.reading = reading;
        Plan = new PredictionPlan(source.Cut is { } within ? EncodedColumns.Answering(signature, within) : signature, null);
        fromProbabilities = source.Cut is null && reading.Space == ContributionSpace.Probability;
        width = source.Cut?.Width ?? (fromProbabilities ? signature.Output.Classes.Length : signature.Output.ScoreWidth);
        (model, isOwn) = source.Cut is { } cut ? (load(cut), true) : (served, false);
        Count = reading.Count(width);
    }

    /// <summary>Fed as the model is.</summary>
    public PredictionPlan Plan { get; }

    /// <summary>Scores that are explained.</summary>
    public int Count { get; }

    public long Bytes => (isOwn ? model.SharedBytes + model.OwnBytes : 0) + Plan.PooledBytes;

    /// <param name="scores">Receives [rows, <see cref="Count"/>], row-major.</param>
    public void Run(PredictionBatch batch, Span<double> scores, CancellationToken deadline)
    {
        model.Run(batch, 0, batch.Rows, deadline);
        if (fromProbabilities)
        {
            batch.Plan.Outputs.Interpret(batch.Outputs, 0, batch.Rows);
        }

        var raw = (fromProbabilities ? batch.Outputs.Probabilities : batch.Outputs.Scores).AsSpan();
        for (var row = 0; row < batch.Rows; row++)
        {
            reading.Read(raw.Slice(row * width, width), scores.Slice(row * Count, Count));
        }
    }

    public void Dispose()
    {
        if (isOwn)
        {
            model.Dispose();
        }
    }
}
