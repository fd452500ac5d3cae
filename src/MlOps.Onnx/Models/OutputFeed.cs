using System.Text;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using MlOps.Predictions;

namespace MlOps.Models;

/// <summary>Where one graph output of a model goes: to the labels, or to columns of the scores.</summary>
/// <param name="FirstColumn">Column of the scores that its first one goes to.</param>
/// <param name="Columns">How many columns it has; 0 for the label.</param>
/// <param name="Order">For each column of the scores the column of the output; null when they are the same.</param>
internal sealed record OutputFeed(string Name, TensorElementType? Type, int FirstColumn, int Columns, int[]? Order, byte[][] KnownLabels)
{
    private const int MostKnownLabels = 32;

    public bool IsLabel => Columns == 0;

    /// <summary>The outputs that a signature reads, the label first.</summary>
    public static OutputFeed[] Of(OutputSpec output, OnnxSession session)
    {
        var feeds = new List<OutputFeed>();
        if (output.Label is { } label)
        {
            var known = output.GraphLabels.Length <= MostKnownLabels ? output.GraphLabels.Select(Encoding.UTF8.GetBytes).ToArray() : [];
            feeds.Add(new OutputFeed(label, session.TensorType(label), 0, 0, null, known));
        }

        if (output.Scores.Length == 1)
        {
            var keys = session.MapKeys(output.Scores[0]);
            var order = output.ScoreMapKeys.IsDefaultOrEmpty || output.ScoreMapKeys.SequenceEqual(keys) ? null : output.ScoreMapKeys.Select(key => keys.IndexOf(key)).ToArray();
            feeds.Add(new OutputFeed(output.Scores[0], session.TensorType(output.Scores[0]), 0, output.ScoreWidth, order, []));
        }
        else
        {
            feeds.AddRange(output.Scores.Select((name, column) => new OutputFeed(name, session.TensorType(name), column, 1, null, [])));
        }

        return [.. feeds];
    }

    /// <summary>Reads numbers that lie in memory.</summary>
    public void Read(ReadOnlySpan<byte> values, PredictionOutputs outputs, int width, int from, int rows)
    {
        if (IsLabel)
        {
            outputs.TextLabels.AsSpan(from, rows).Clear();
            NativeNumbers.ToInteger(values, Type!.Value, outputs.IntegerLabels.AsSpan(from, rows));
            return;
        }

        var scores = outputs.Scores.AsSpan(from * width, rows * width);
        if (Columns == width && Order is null)
        {
            NativeNumbers.ToDouble(values, Type!.Value, scores);
            return;
        }

        var size = values.Length / (rows * Columns);
        Span<double> row = Columns <= 64 ? stackalloc double[Columns] : new double[Columns];
        for (var i = 0; i < rows; i++)
        {
            NativeNumbers.ToDouble(values.Slice(i * Columns * size, Columns * size), Type!.Value, row);
            for (var column = 0; column < Columns; column++)
            {
                scores[(i * width) + FirstColumn + column] = row[Order is null ? column : Order[column]];
            }
        }
    }

    /// <summary>Reads text labels; those that the signature knows are not made anew.</summary>
    public void ReadTexts(OrtValue value, OutputSpec output, PredictionOutputs outputs, int from, int rows)
    {
        for (var i = 0; i < rows; i++)
        {
            var text = value.GetStringElementAsSpan(i);
            var known = KnownLabels.Length - 1;
            while (known >= 0 && !text.SequenceEqual(KnownLabels[known]))
            {
                known--;
            }

            outputs.TextLabels[from + i] = known >= 0 ? output.GraphLabels[known] : Encoding.UTF8.GetString(text);
        }
    }

    /// <summary>Reads a sequence of maps, one for each row.</summary>
    public void ReadMaps(OrtValue value, OutputSpec output, PredictionOutputs outputs, int from, int rows)
    {
        var maps = TensorValues.ReadMaps(Name, value, [.. output.ScoreMapKeys.Select(Scalar.Of)]);
        if (maps.Shape[0] != rows)
        {
            throw WrongSize(maps.Shape[0] * Columns, rows);
        }

        var scores = (float[])maps.Values;
        for (var i = 0; i < scores.Length; i++)
        {
            outputs.Scores[(from * Columns) + i] = scores[i];
        }
    }

    public MlOpsException WrongSize(long values, int rows) => new(
        ErrorCode.ModelError, $"Output '{Name}' has {values} values for {rows} rows, where {rows * (long)Math.Max(Columns, 1)} were expected from the runs at registration.");
}
