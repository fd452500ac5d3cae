using Microsoft.ML.OnnxRuntime;
using MlOps.Predictions;

namespace MlOps.Models;

/// <summary>A model in memory, over a session that others may share. Runs are safe side by side: each has a slot of its own.</summary>
internal sealed class OnnxLoadedModel : ILoadedModel
{
    // Slots of larger batches are made for one run: they are rare, and would hold memory for long.
    private const int MostRowsKept = 1024;
    private const int MostValuesKept = 1 << 17;

    private readonly SharedSession shared;
    private readonly OnnxSession session;
    private readonly ModelSignature signature;
    private readonly OutputFeed[] outputs;
    private readonly RunSlots slots = new();
    private readonly int mostRowsKept;
    private Action? release;

    /// <param name="shared">Open.</param>
    /// <param name="release">Gives the session back.</param>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.ModelError"/>: the signature is not of this file.</exception>
    public OnnxLoadedModel(SharedSession shared, ModelSignature signature, Action release)
    {
        (this.shared, session, this.signature, this.release) = (shared, shared.Open(), signature, release);
        if (signature.Inputs.FirstOrDefault(input => !session.HasInput(input.Name)) is { } input)
        {
            throw new MlOpsException(ErrorCode.ModelError, $"The file has no input '{input.Name}': it is another than the one registered.");
        }

        if (signature.Output.Scores.Append(signature.Output.Label).FirstOrDefault(name => name is not null && !session.HasOutput(name)) is { } missing)
        {
            throw new MlOpsException(ErrorCode.ModelError, $"The file has no output '{missing}': it is another than the one registered.");
        }

        outputs = OutputFeed.Of(signature.Output, session);
        mostRowsKept = Math.Min(MostRowsKept, MostValuesKept / Math.Max(1, signature.Inputs.Sum(each => each.Width) + signature.Output.ScoreWidth));
    }

    public long SharedBytes => shared.Bytes;

    public long OwnBytes => slots.Bytes;

    public void Run(PredictionBatch batch, int from, int count, CancellationToken deadline)
    {
        var rows = signature.RowByRow ? 1 : count;
        for (var row = from; row < from + count; row += rows)
        {
            RunRows(batch, row, rows, deadline);
        }
    }

    public void Trim() => slots.Clear();

    public void Dispose()
    {
        if (Interlocked.Exchange(ref release, null) is { } giveBack)
        {
            slots.Dispose();
            giveBack();
        }
    }

    private void RunRows(PredictionBatch batch, int from, int rows, CancellationToken deadline)
    {
        deadline.ThrowIfCancellationRequested();
        var slot = slots.Take(rows) ?? Slot(batch, from, rows, session.LayoutsHold);
        var whole = false;
        try
        {
            slot.Run(batch, from, deadline);
            // One whose token came after the run would end the next one at once.
            whole = !deadline.IsCancellationRequested;
        }
        catch (OnnxRuntimeException failure)
        {
            deadline.ThrowIfCancellationRequested();
            if (MemoryShortage.Is(failure))
            {
                throw new MlOpsException(ErrorCode.ModelError, MemoryShortage.Running, inner: failure);
            }

            if (!slot.IsPlaced || !RunsUnplaced(batch, from, rows, deadline))
            {
                throw new MlOpsException(ErrorCode.ModelError, $"The model failed: {RuntimeMessage.Of(failure)}", inner: failure);
            }
        }
        finally
        {
            Return(slot, whole);
        }
    }

    // Perhaps only an output took another shape than all before: then outputs are fetched from now on.
    private bool RunsUnplaced(PredictionBatch batch, int from, int rows, CancellationToken deadline)
    {
        using var slot = Slot(batch, from, rows, place: false);
        try
        {
            slot.Run(batch, from, deadline);
            session.LayoutsHold = false;
            return true;
        }
        catch (OnnxRuntimeException)
        {
            deadline.ThrowIfCancellationRequested();
            return false;
        }
    }

    private RunSlot Slot(PredictionBatch batch, int from, int rows, bool place) => new(session, signature, outputs, batch, from, rows, place);

    // A slot made before the outputs' shapes were known is made anew for the next run.
    private void Return(RunSlot slot, bool whole)
    {
        if (whole && slot.Rows <= mostRowsKept && slot.IsPlaced == session.LayoutsHold)
        {
            slots.Give(slot);
        }
        else
        {
            slot.Dispose();
        }
    }
}
