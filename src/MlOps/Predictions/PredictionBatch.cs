using System.Collections.Immutable;
using System.Text;
using MlOps.Contributions;
using MlOps.Models;

namespace MlOps.Predictions;

/// <summary>The rows of one request as columns, and, after the run, their predictions. Pooled; used by one request at a time.</summary>
public sealed class PredictionBatch : IDisposable
{
    private const int MostNoted = 50;
    private const int LongestShown = 200;

    private readonly List<UnseenValue> unseen = [];
    private readonly int[] seenInRow;
    private CancellationTokenSource deadline = new();
    private ushort[] bins = [];
    private (int Start, int Length)[] sent = [];
    private int touched;
    private BatchMemory memory;

    internal PredictionBatch(PredictionPlan plan, Admission? admission = null)
    {
        Plan = plan;
        memory = new BatchMemory(admission);
        seenInRow = new int[plan.Signature.Features.Length];
        Inputs = [.. plan.Signature.Inputs.Select(Buffer)];
    }

    public PredictionPlan Plan { get; }

    public int Rows { get; private set; }

    /// <summary>One buffer for each graph input in the signature's order, constants included.</summary>
    public TensorBuffer[] Inputs { get; }

    /// <summary>
    /// The baseline bin of each value, row-major [rows, features], found before the value is narrowed; <see cref="Drift.BinIndex.Unseen"/> is
    /// added for a value that the baseline does not know. Meaningless for a feature without bins.
    /// </summary>
    public ushort[] Bins => bins;

    public PredictionOutputs Outputs { get; } = new();

    /// <summary>What the rows' features add to their scores; null unless that was asked for.</summary>
    public BatchContributions? Contributions { get; set; }

    /// <summary>Values outside their feature's domain, the first 50 different ones.</summary>
    public IReadOnlyList<UnseenValue> Unseen => unseen;

    /// <summary>Whether another unseen value would still be noted.</summary>
    internal bool NotesUnseen => unseen.Count < MostNoted;

    internal int Capacity { get; private set; }

    /// <summary>Most rows that one call may have, by their size.</summary>
    internal int MostRows => memory.MostRows(Plan.RowBytes);

    internal long Bytes => Capacity * Plan.RowBytes;

    /// <summary>What of it is counted as in flight.</summary>
    internal ref BatchMemory Memory => ref memory;

    /// <summary>A run over this batch has been given up but may still read it: it is not used again.</summary>
    internal bool IsAbandoned { get; private set; }

    /// <summary>Makes room for so many rows, keeping those that are there, and fills in the constants. Every feature of every row is then to be <see cref="Set"/>.</summary>
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
            ScalarKind.Number when double.IsNaN(value.AsNumber!.Value) => column.Null(this, row),
            ScalarKind.Number when double.IsInfinity(value.AsNumber!.Value) => $"'{column.Spec.Name}' is infinite: send a number, or null.",
            _ => column.Number(this, row, value.AsNumber!.Value, value.AsInteger),
        };
    }

    /// <summary>Takes the values of rows of a batch that is fed alike, and no others.</summary>
    internal void Copy(PredictionBatch from, int first, int count)
    {
        Resize(count);
        for (var input = 0; input < Inputs.Length; input++)
        {
            Inputs[input].CopyRows(from.Inputs[input], first, count, 0);
        }
    }

    /// <summary>Takes the values of one row of a batch that is fed alike, which may be this one.</summary>
    internal void CopyRow(PredictionBatch from, int row, int to)
    {
        for (var input = 0; input < Inputs.Length; input++)
        {
            Inputs[input].CopyRows(from.Inputs[input], row, 1, to);
        }
    }

    /// <summary>Takes one feature's value of a row.</summary>
    internal void CopyFeature(PredictionBatch from, int row, int feature, int to)
    {
        var spec = Plan.Signature.Features[feature];
        Inputs[spec.Input].CopyCell(from.Inputs[spec.Input], row, spec.Column, to);
    }

    /// <summary>A hash of a row's values, the same wherever the row comes.</summary>
    internal int RowHash(int row)
    {
        var hash = unchecked((int)2166136261);
        foreach (var input in Inputs)
        {
            hash = input.Hash(row, hash);
        }

        return hash;
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
        touched = Math.Max(touched, rows);
        if (rows <= Capacity)
        {
            return;
        }

        var capacity = Math.Max(rows, Math.Min(2 * Capacity, MostRows));
        memory.Grow(capacity, Plan.RowBytes);
        Capacity = capacity;
        foreach (var input in Inputs)
        {
            input.Grow(Capacity);
        }

        Array.Resize(ref bins, Capacity * Plan.Columns.Length);
        Array.Resize(ref sent, Capacity);
    }

    /// <summary>Notes where a row stands in the body that it came with.</summary>
    internal void NoteSent(int row, int start, int end) => sent[row] = (start, end - start);

    /// <summary>A row as it was sent: the bytes of its object.</summary>
    internal ReadOnlySpan<byte> Sent(int row, ReadOnlySpan<byte> body) => body.Slice(sent[row].Start, sent[row].Length);

    /// <summary>Scratch for the reading of a body: for each feature the last row (from 1) that named it, all zero.</summary>
    internal int[] SeenInRow()
    {
        Array.Clear(seenInRow);
        return seenInRow;
    }

    internal void NoteUnseen(int feature, int row, string value)
    {
        if (!NotesUnseen)
        {
            return;
        }

        value = Shortened(value);
        foreach (var noted in unseen)
        {
            if (noted.Feature == feature && noted.Value == value)
            {
                return;
            }
        }

        unseen.Add(new UnseenValue(feature, row, value));
    }

    /// <summary>The time limit of the next run over this batch, from now on. <see cref="Finish"/> it.</summary>
    public CancellationToken Start(TimeSpan limit)
    {
        deadline.CancelAfter(limit);
        return deadline.Token;
    }

    /// <summary>The run has ended, or was given up.</summary>
    public void Finish()
    {
        // One that has fired, or that an abandoned run still looks at, is not used again.
        if (IsAbandoned || !deadline.TryReset())
        {
            deadline.Dispose();
            deadline = new CancellationTokenSource();
        }
    }

    /// <summary>A text of the caller as answers show it.</summary>
    internal static string Shortened(string text) =>
        text.Length <= LongestShown ? text : string.Concat(text.AsSpan(0, LongestShown - (char.IsHighSurrogate(text[LongestShown - 1]) ? 1 : 0)), "…");

    /// <summary>Whether this may be what is left of a longer text.</summary>
    internal static bool IsShortened(string text) => text.Length >= LongestShown && text.EndsWith('…');

    /// <summary>Says that a run which could not be ended may still read this batch: it is left to the garbage collector.</summary>
    public void Abandon() => IsAbandoned = true;

    public void Dispose() => deadline.Dispose();

    internal void Clear()
    {
        foreach (var input in Inputs)
        {
            input.Forget(touched);
        }

        Outputs.Forget(touched);
        Contributions = null;
        Rows = touched = 0;
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

/// <summary>A value that the feature's domain lacks, with the first row that sent it; long ones are shortened.</summary>
public readonly record struct UnseenValue(int Feature, int Row, string Value);
