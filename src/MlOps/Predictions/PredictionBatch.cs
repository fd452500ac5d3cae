using System.Collections.Immutable;
using System.Text;
using MlOps.Models;

namespace MlOps.Predictions;

/// <summary>The rows of one request as columns, and, after the run, their predictions. Pooled; used by one request at a time.</summary>
public sealed class PredictionBatch
{
    private const int NotedUnseen = 20;

    private readonly List<(int Feature, string Value)> unseen = [];
    private readonly int[] seenInRow;
    private ushort[] bins = [];

    internal PredictionBatch(PredictionPlan plan)
    {
        Plan = plan;
        seenInRow = new int[plan.Signature.Features.Length];
        Inputs = [.. plan.Signature.Inputs.Select(Buffer)];
    }

    public PredictionPlan Plan { get; }

    public int Rows { get; private set; }

    /// <summary>One buffer for each graph input in the signature's order, constants included.</summary>
    public TensorBuffer[] Inputs { get; }

    /// <summary>The baseline bin of each value, row-major [rows, features]; meaningless for a feature without bins.</summary>
    public ushort[] Bins => bins;

    public PredictionOutputs Outputs { get; } = new();

    /// <summary>Anything that the loaded model wants to keep with this batch between runs, native tensors over its buffers say.</summary>
    public IDisposable? NativeState { get; set; }

    /// <summary>Values outside their feature's domain, the first 20 different ones.</summary>
    public IReadOnlyList<(int Feature, string Value)> Unseen => unseen;

    internal int Capacity { get; private set; }

    /// <summary>Makes room for so many rows, keeping those that are there, and fills in the constants.</summary>
    public void Resize(int rows)
    {
        Reserve(rows);
        Rows = rows;
        foreach (var input in Inputs)
        {
            input.FillConstant(rows);
        }

        Outputs.Grow(rows, Plan.Signature.Output);
    }

    /// <summary>Feeds one value of one row. Null when it is taken, else what is wrong with it, for a person.</summary>
    public string? Set(int row, int feature, Scalar value)
    {
        var column = Plan.Columns[feature];
        return value.Kind switch
        {
            ScalarKind.Null => column.Null(this, row),
            ScalarKind.Boolean => column.Boolean(this, row, value.AsInteger == 1),
            ScalarKind.Text => column.Text(this, row, Encoding.UTF8.GetBytes(value.ToString())),
            ScalarKind.Number when !double.IsFinite(value.AsNumber!.Value) => column.Null(this, row),
            _ => column.Number(this, row, value.AsNumber!.Value, value.AsInteger),
        };
    }

    /// <summary>Reads the outputs of one row as the signature says; valid after the run.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.OutputNotFinite"/>, or <see cref="ErrorCode.ModelError"/> for a label that is no class.</exception>
    public Prediction Read(int row)
    {
        var reader = Plan.Outputs;
        reader.Interpret(Outputs, row, 1);
        var output = Plan.Signature.Output;
        var label = output.Task == ModelTask.Regression ? null : reader.Label(Outputs, row);
        double? value = output.Task == ModelTask.Classification ? null : output.ScoreWidth == 0 ? null : Outputs.Scores[row * output.ScoreWidth];
        var probabilities = reader.HasProbabilities
            ? Outputs.Probabilities.AsSpan(row * output.Classes.Length, output.Classes.Length).ToImmutableArray()
            : default;
        return new Prediction(label, value, probabilities);
    }

    /// <summary>Makes room while rows are still being counted.</summary>
    internal void Reserve(int rows)
    {
        if (rows <= Capacity)
        {
            return;
        }

        Capacity = Math.Max(rows, Math.Min(2 * Capacity, 16_384));
        foreach (var input in Inputs)
        {
            input.Grow(Capacity);
        }

        Array.Resize(ref bins, Capacity * Plan.Columns.Length);
    }

    /// <summary>Scratch for the reading of a body: for each feature the last row (from 1) that named it, all zero.</summary>
    internal int[] SeenInRow()
    {
        Array.Clear(seenInRow);
        return seenInRow;
    }

    internal void NoteUnseen(int feature, string value)
    {
        if (unseen.Count < NotedUnseen && !unseen.Contains((feature, value)))
        {
            unseen.Add((feature, value));
        }
    }

    internal void Clear()
    {
        Rows = 0;
        unseen.Clear();
    }

    private static TensorBuffer Buffer(InputSpec input) => input.Type switch
    {
        ElementType.Float16 => new TensorBuffer<Half>(input),
        ElementType.Float => new TensorBuffer<float>(input),
        ElementType.Double => new TensorBuffer<double>(input),
        ElementType.Int32 => new TensorBuffer<int>(input),
        ElementType.Int64 => new TensorBuffer<long>(input),
        ElementType.Bool => new TensorBuffer<bool>(input),
        _ => new TensorBuffer<string>(input),
    };
}
