using System.Collections.Concurrent;
using System.Text.Encodings.Web;
using System.Text.Json;
using MlOps.Drift;
using MlOps.Models;

namespace MlOps.Predictions;

/// <summary>A model's signature and baseline, compiled once for the hot path: feature names as UTF-8, bins, class names. Immutable.</summary>
public sealed class PredictionPlan
{
    /// <summary>Answers are JSON and never HTML: letters and quotation marks stay what they are.</summary>
    internal static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    private const long MostPooledBytes = 4 << 20;
    private const int PooledValues = 32_768;
    private const int AlwaysPooledRows = 16;

    // No bag: what it keeps for each thread is held by the thread, and holds the batch, its plan, and so the bag: none of them would ever go.
    private readonly ConcurrentQueue<PredictionBatch> pool = [];
    private readonly Admission? admission;
    private JsonEncodedText[]? featureNames;
    private long pooledBytes;

    /// <param name="admission">Where batches of unusual size are counted; null where no requests come in.</param>
    public PredictionPlan(ModelSignature signature, Baseline? baseline, Admission? admission = null)
    {
        this.admission = admission;
        Signature = signature;
        Baseline = baseline;
        Columns = new FeatureColumn[signature.Features.Length];
        for (var index = 0; index < Columns.Length; index++)
        {
            var feature = signature.Features[index];
            Columns[index] = FeatureColumn.Of(feature, signature.Inputs[feature.Input], index, baseline?.Features[index]);
        }

        Names = new Utf8Table([.. signature.Features.Select(feature => feature.Name)]);
        Outputs = new OutputReader(signature.Output);
        RowBytes = BatchMemory.RowBytes(signature);
        ClassNames = [.. signature.Output.Classes.Select(name => JsonEncodedText.Encode(name, Encoder))];
    }

    public ModelSignature Signature { get; }

    public Baseline? Baseline { get; }

    internal FeatureColumn[] Columns { get; }

    internal Utf8Table Names { get; }

    internal OutputReader Outputs { get; }

    internal JsonEncodedText[] ClassNames { get; }

    /// <summary>Made when contributions are asked for first.</summary>
    internal JsonEncodedText[] FeatureNames => featureNames ??= [.. Signature.Features.Select(feature => JsonEncodedText.Encode(feature.Name, Encoder))];

    /// <summary>Bytes that one row takes in a batch.</summary>
    internal long RowBytes { get; }

    /// <summary>Bytes of the batches that wait for their next request.</summary>
    public long PooledBytes => Volatile.Read(ref pooledBytes);

    /// <summary>A batch from the plan's pool; give it back with <see cref="Return"/>.</summary>
    public PredictionBatch Rent()
    {
        if (pool.TryDequeue(out var batch))
        {
            Interlocked.Add(ref pooledBytes, -batch.Bytes);
            return batch;
        }

        return new PredictionBatch(this, admission);
    }

    /// <summary>Lets go of the batches that nobody uses now.</summary>
    public void Trim()
    {
        while (pool.TryDequeue(out var batch))
        {
            Interlocked.Add(ref pooledBytes, -batch.Bytes);
            batch.Dispose();
        }
    }

    /// <summary>Takes a batch back. Large ones are let go, so that one big request does not hold its memory for ever.</summary>
    public void Return(PredictionBatch batch)
    {
        batch.Memory.Release();
        if (batch.IsAbandoned)
        {
            return;
        }

        if (batch.Capacity > AlwaysPooledRows && batch.Capacity * (long)Columns.Length > PooledValues)
        {
            batch.Dispose();
            return;
        }

        if (Interlocked.Add(ref pooledBytes, batch.Bytes) > MostPooledBytes)
        {
            Interlocked.Add(ref pooledBytes, -batch.Bytes);
            batch.Dispose();
            return;
        }

        batch.Clear();
        pool.Enqueue(batch);
    }

    /// <summary>Refuses outputs of a run that are no predictions.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.OutputNotFinite"/> or <see cref="ErrorCode.ModelError"/>.</exception>
    public void Check(PredictionBatch batch) => Outputs.Interpret(batch.Outputs, 0, batch.Rows);
}
