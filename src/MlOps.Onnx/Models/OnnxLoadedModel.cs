using Microsoft.ML.OnnxRuntime;
using MlOps.Predictions;

namespace MlOps.Models;

/// <summary>A model in memory. Runs are safe side by side: a session has no state of its own, and each run has its own tensors.</summary>
internal sealed class OnnxLoadedModel : ILoadedModel
{
    private readonly SharedSession shared;
    private readonly ModelSignature signature;
    private readonly string[] inputNames;
    private readonly string[] outputNames;
    private int disposed;

    public OnnxLoadedModel(SharedSession shared, ModelSignature signature)
    {
        (this.shared, this.signature) = (shared, signature);
        inputNames = [.. signature.Inputs.Select(input => input.Name)];
        var label = signature.Output.Label;
        outputNames = label is null ? [.. signature.Output.Scores] : [label, .. signature.Output.Scores];
    }

    public void Run(PredictionBatch batch, int from, int count, CancellationToken deadline)
    {
        if (!signature.RowByRow)
        {
            RunRows(batch, from, count, deadline);
            return;
        }

        for (var row = from; row < from + count; row++)
        {
            RunRows(batch, row, 1, deadline);
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
        {
            shared.Release();
        }
    }

    private void RunRows(PredictionBatch batch, int from, int count, CancellationToken deadline)
    {
        using var run = new RunOptions();
        using var ending = deadline.CanBeCanceled ? deadline.UnsafeRegister(static state => ((RunOptions)state!).Terminate = true, run) : default;
        var kept = from == 0 && count == batch.Rows;
        var inputs = BatchTensors.Of(batch, from, count, kept);
        try
        {
            using var answers = shared.Session.Run(run, inputNames, inputs.Values, outputNames);
            OutputCopy.Into(batch.Outputs, answers, signature.Output, from, count);
        }
        catch (OnnxRuntimeException) when (deadline.IsCancellationRequested)
        {
            throw new OperationCanceledException(deadline);
        }
        catch (OnnxRuntimeException failed)
        {
            throw new MlOpsException(ErrorCode.ModelError, $"The model failed on these rows: {OnnxRuntimeSession.Clean(failed.Message)}", default, failed);
        }
        finally
        {
            if (!kept)
            {
                inputs.Dispose();
            }
        }
    }
}
