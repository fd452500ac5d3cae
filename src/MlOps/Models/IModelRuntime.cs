using MlOps.Contributions;
using MlOps.Predictions;

namespace MlOps.Models;

/// <summary>Loads model files for serving.</summary>
public interface IModelRuntime
{
    /// <summary>Loads a file that has been checked. Files with the same digest share what they can. Blocks; call it where that is fine.</summary>
    /// <param name="graphPath">The .onnx file; its external data lie in the same folder under their locations.</param>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.ModelError"/> when it cannot be loaded.</exception>
    ILoadedModel Load(string digest, string graphPath, ModelSignature signature);

    /// <summary>Loads a graph up to a value, which is answered as scores: <see cref="EncodedColumns.Answering"/>. Blocks, as <see cref="Load"/> does.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.ModelError"/> when it cannot be loaded.</exception>
    ILoadedModel LoadUpTo(GraphCut cut, string digest, string graphPath, ModelSignature signature);

    /// <summary>Reads how the scores of a file come about. Blocks.</summary>
    ScoreForm ReadForm(string graphPath, ModelSignature signature);

    /// <summary>Bytes of memory that a file of so many bytes is expected to take, by those that were loaded so far.</summary>
    long Estimate(long fileBytes);

    /// <summary>Bytes outside of the managed heap that this process uses beyond what it used without any model; 0 where that cannot be told.</summary>
    long HeapGrowth { get; }

    /// <summary>Gives memory that unloaded models have freed back to the system. Takes milliseconds; not for a thread that answers requests.</summary>
    void GiveBack();
}

/// <summary>Something done for every row of a batch, in parts that several threads may take.</summary>
public interface IBatchRun
{
    /// <summary>Does rows [<paramref name="from"/>, from + <paramref name="count"/>) of the batch.</summary>
    /// <exception cref="OperationCanceledException">The deadline has passed.</exception>
    void Run(PredictionBatch batch, int from, int count, CancellationToken deadline);
}

/// <summary>
/// A model in memory, shared by all requests of a silo. A run writes the outputs of rows to <see cref="PredictionBatch.Outputs"/>; several may go on at once, over parts of the same batch
/// too. A graph that fails on its rows is a <see cref="ErrorCode.ModelError"/>.
/// </summary>
public interface ILoadedModel : IBatchRun, IDisposable
{
    /// <summary>Bytes of memory that all loaded models of the same file share.</summary>
    long SharedBytes { get; }

    /// <summary>Bytes of memory outside of the managed heap that this one has for itself, now.</summary>
    long OwnBytes { get; }

    /// <summary>Lets go of what is only kept to make the next run faster.</summary>
    void Trim();
}
