using Microsoft.ML.OnnxRuntime;
using MlOps.Predictions;

namespace MlOps.Models;

/// <summary>Native tensors over some rows of a batch's buffers. Kept with the batch while rows and buffers stay the same, as they do for single rows.</summary>
internal sealed class BatchTensors : IDisposable
{
    private readonly Array[] buffers;
    private readonly int rows;

    private BatchTensors(PredictionBatch batch, int from, int count)
    {
        rows = count;
        buffers = new Array[batch.Inputs.Length];
        Values = new OrtValue[batch.Inputs.Length];
        for (var index = 0; index < Values.Length; index++)
        {
            Values[index] = Create(batch.Inputs[index], from, count, out buffers[index]);
        }
    }

    public OrtValue[] Values { get; }

    /// <param name="keep">The rows are the whole batch: use what was kept, and keep what is made.</param>
    public static BatchTensors Of(PredictionBatch batch, int from, int count, bool keep)
    {
        if (!keep)
        {
            return new BatchTensors(batch, from, count);
        }

        if (batch.NativeState is BatchTensors kept)
        {
            if (kept.Fits(batch, count))
            {
                kept.RefreshTexts(batch, count);
                return kept;
            }

            kept.Dispose();
        }

        var made = new BatchTensors(batch, from, count);
        batch.NativeState = made;
        return made;
    }

    public void Dispose()
    {
        foreach (var value in Values)
        {
            value.Dispose();
        }
    }

    private bool Fits(PredictionBatch batch, int count)
    {
        if (rows != count)
        {
            return false;
        }

        for (var index = 0; index < buffers.Length; index++)
        {
            // Halves are converted into a copy, which would hold an earlier request's rows.
            if (batch.Inputs[index] is TensorBuffer<Half> || !ReferenceEquals(buffers[index], Buffer(batch.Inputs[index])))
            {
                return false;
            }
        }

        return true;
    }

    // Texts are copied into native memory; numbers are read where they are.
    private void RefreshTexts(PredictionBatch batch, int count)
    {
        for (var index = 0; index < Values.Length; index++)
        {
            if (batch.Inputs[index] is TensorBuffer<string> { Input.Constant: null } texts)
            {
                for (var at = 0; at < count * texts.Input.Width; at++)
                {
                    Values[index].StringTensorSetElementAt(texts.Values[at].AsSpan(), at);
                }
            }
        }
    }

    private static Array Buffer(TensorBuffer buffer) => buffer switch
    {
        TensorBuffer<float> typed => typed.Values,
        TensorBuffer<double> typed => typed.Values,
        TensorBuffer<long> typed => typed.Values,
        TensorBuffer<int> typed => typed.Values,
        TensorBuffer<bool> typed => typed.Values,
        TensorBuffer<Half> typed => typed.Values,
        _ => ((TensorBuffer<string>)buffer).Values,
    };

    private static OrtValue Create(TensorBuffer buffer, int from, int count, out Array values)
    {
        values = Buffer(buffer);
        var input = buffer.Input;
        var whole = input.Constant is { PerRow: false };
        long[] shape = whole ? [.. input.Constant!.Shape] : input.Rank == 1 ? [count] : [count, input.Width];
        var start = whole ? 0 : from * input.Width;
        var length = whole ? values.Length : count * input.Width;
        var memory = OrtMemoryInfo.DefaultInstance;
        return buffer switch
        {
            TensorBuffer<float> typed => OrtValue.CreateTensorValueFromMemory(memory, typed.Values.AsMemory(start, length), shape),
            TensorBuffer<double> typed => OrtValue.CreateTensorValueFromMemory(memory, typed.Values.AsMemory(start, length), shape),
            TensorBuffer<long> typed => OrtValue.CreateTensorValueFromMemory(memory, typed.Values.AsMemory(start, length), shape),
            TensorBuffer<int> typed => OrtValue.CreateTensorValueFromMemory(memory, typed.Values.AsMemory(start, length), shape),
            TensorBuffer<bool> typed => OrtValue.CreateTensorValueFromMemory(memory, typed.Values.AsMemory(start, length), shape),
            TensorBuffer<Half> typed => OrtValue.CreateTensorValueFromMemory(memory, Array.ConvertAll(typed.Values[start..(start + length)], half => half.ToOrt()).AsMemory(), shape),
            _ => OrtTensors.Texts(((TensorBuffer<string>)buffer).Values.AsSpan(start, length), shape),
        };
    }
}
