using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using MlOps.Predictions;

namespace MlOps.Models;

/// <summary>
/// Everything that a run of so many rows needs, made once and used by one run at a time: input tensors over memory of its own, outputs where their shape is known, and
/// their binding to the session. A run then costs a copy of the rows and no allocation.
/// </summary>
internal sealed class RunSlot : IDisposable
{
    // The binding, the options, and the tensors' own frames.
    private const long Fixed = 4096;

    private readonly OnnxSession session;
    private readonly OutputSpec spec;
    private readonly OutputFeed[] outputs;
    private readonly InputFeed[] inputs;
    private readonly OrtIoBinding binding;
    private readonly RunOptions options = new();
    private readonly (OrtValue Value, NativeBlock? Memory)[]? placed;

    /// <param name="place">Outputs are written to memory of ours where their shapes are known, instead of fetched after the run.</param>
    public RunSlot(OnnxSession session, ModelSignature signature, OutputFeed[] outputs, PredictionBatch batch, int from, int rows, bool place)
    {
        (this.session, this.outputs, spec, Rows) = (session, outputs, signature.Output, rows);
        binding = session.Native.CreateIoBinding();
        inputs = [.. batch.Inputs.Select(input => InputFeed.Create(input, from, rows))];
        for (var i = 0; i < inputs.Length; i++)
        {
            binding.BindInput(signature.Inputs[i].Name, inputs[i].Value);
        }

        placed = place ? Place() : null;
        for (var i = 0; i < outputs.Length; i++)
        {
            if (placed is null)
            {
                binding.BindOutputToDevice(outputs[i].Name, OrtMemoryInfo.DefaultInstance);
            }
            else
            {
                binding.BindOutput(outputs[i].Name, placed[i].Value);
            }
        }
    }

    public int Rows { get; }

    /// <summary>Bytes outside of the managed heap that the slot takes, about.</summary>
    public long Bytes => Fixed + inputs.Sum(input => input.Bytes) + (placed?.Sum(output => output.Memory?.Bytes ?? 0) ?? 0);

    /// <summary>Whether outputs are written straight to memory of ours.</summary>
    public bool IsPlaced => placed is not null;

    /// <summary>Runs the rows from <paramref name="from"/> on.</summary>
    /// <exception cref="OnnxRuntimeException">The run failed, or was ended by the token.</exception>
    /// <exception cref="MlOpsException">An output has another size than the signature says.</exception>
    public void Run(PredictionBatch batch, int from, CancellationToken deadline)
    {
        for (var i = 0; i < inputs.Length; i++)
        {
            if (batch.Inputs[i].Input.Constant is null)
            {
                inputs[i].Copy(batch.Inputs[i], from);
            }
        }

        using (deadline.CanBeCanceled ? deadline.UnsafeRegister(static options => ((RunOptions)options!).Terminate = true, options) : default)
        {
            session.Native.RunWithBinding(options, binding);
        }

        if (placed is not null)
        {
            for (var i = 0; i < outputs.Length; i++)
            {
                Read(outputs[i], placed[i].Value, placed[i].Memory, batch.Outputs, from);
            }

            return;
        }

        using var values = binding.GetOutputValues();
        for (var i = 0; i < outputs.Length; i++)
        {
            Read(outputs[i], values[i], null, batch.Outputs, from);
        }
    }

    public void Dispose()
    {
        binding.Dispose();
        options.Dispose();
        foreach (var input in inputs)
        {
            input.Dispose();
        }

        foreach (var (value, memory) in placed ?? [])
        {
            value.Dispose();
            memory?.Dispose();
        }
    }

    private void Read(OutputFeed output, OrtValue value, NativeBlock? memory, PredictionOutputs into, int from)
    {
        if (memory is not null)
        {
            output.Read(memory.Span<byte>((int)memory.Bytes), into, spec.ScoreWidth, from, Rows);
            return;
        }

        if (output.Type is null)
        {
            output.ReadMaps(value, spec, into, from, Rows);
            return;
        }

        if (placed is null)
        {
            var info = value.GetTensorTypeAndShape();
            if (info.ElementCount != Rows * (long)Math.Max(output.Columns, 1))
            {
                throw output.WrongSize(info.ElementCount, Rows);
            }

            session.Layout(output.Name).Saw(info.Shape, Rows);
        }

        if (output.Type == TensorElementType.String)
        {
            output.ReadTexts(value, spec, into, from, Rows);
        }
        else
        {
            output.Read(value.GetTensorMutableRawData(), into, spec.ScoreWidth, from, Rows);
        }
    }

    // Null while the shape of one of them is not known, or when one is no tensor.
    private (OrtValue Value, NativeBlock? Memory)[]? Place()
    {
        var shapes = new long[outputs.Length][];
        for (var i = 0; i < outputs.Length; i++)
        {
            if (outputs[i].Type is null || session.Layout(outputs[i].Name).For(Rows) is not { } shape)
            {
                return null;
            }

            shapes[i] = shape;
        }

        return [.. outputs.Select((output, i) => Place(output, shapes[i]))];
    }

    private (OrtValue Value, NativeBlock? Memory) Place(OutputFeed output, long[] shape)
    {
        if (output.Type == TensorElementType.String)
        {
            return (OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, shape), null);
        }

        var memory = new NativeBlock(Rows * (long)Math.Max(output.Columns, 1) * NativeNumbers.Size(output.Type));
        return (memory.Tensor(output.Type!.Value, shape), memory);
    }
}
