using MlOps.Models;
using MlOps.Predictions;

namespace MlOps.Contributions;

/// <summary>Reads the columns that trees or weights look at from a batch as it was fed, through the graph's encoders where there are any.</summary>
public sealed class EncodedColumns : IDisposable
{
    private readonly EncodedInput input;
    private readonly bool isDouble;
    private readonly ILoadedModel? encoders;
    private readonly PredictionPlan? plan;

    /// <param name="isDouble">Values are looked at as doubles; else as floats.</param>
    /// <param name="load">Loads the graph up to a value, to be answered as scores.</param>
    public EncodedColumns(EncodedInput input, bool isDouble, ModelSignature signature, Func<GraphCut, ILoadedModel> load)
    {
        (this.input, this.isDouble) = (input, isDouble);
        if (input.Cut is { } cut)
        {
            plan = new PredictionPlan(Answering(signature, cut), null);
            encoders = load(cut);
        }
    }

    public int Count => input.Players.Length;

    public long Bytes => encoders is null ? 0 : encoders.SharedBytes + encoders.OwnBytes + plan!.PooledBytes;

    /// <summary>A signature fed as another, and answering a value within its graph.</summary>
    public static ModelSignature Answering(ModelSignature signature, GraphCut cut) =>
        signature with { Output = new OutputSpec(ModelTask.Regression, null, [], [cut.Value], [], cut.Width, false, ScoreKind.Value, [], null, []) };

    /// <param name="columns">Receives [count, columns], row-major.</param>
    public void Read(PredictionBatch batch, int from, int count, Span<double> columns, CancellationToken deadline)
    {
        if (encoders is null)
        {
            batch.Inputs[input.Input].Read(from, count, columns);
        }
        else
        {
            var inner = plan!.Rent();
            try
            {
                inner.Copy(batch, from, count);
                encoders.Run(inner, 0, count, deadline);
                inner.Outputs.Scores.AsSpan(0, count * Count).CopyTo(columns);
            }
            finally
            {
                plan.Return(inner);
            }
        }

        if (!isDouble)
        {
            foreach (ref var value in columns)
            {
                value = (float)value;
            }
        }
    }

    public void Dispose() => encoders?.Dispose();
}
