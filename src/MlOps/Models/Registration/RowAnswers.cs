using System.Collections.Immutable;
using MlOps.Predictions;

namespace MlOps.Models.Registration;

/// <summary>Predicts rows as serving does, from outputs that were run here.</summary>
internal sealed class RowAnswers(PredictionPlan plan)
{
    /// <summary>The prediction of each row; null where the scores or the value are not finite.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.ClassesUnknown"/> when a label is none of the classes.</exception>
    public ImmutableArray<Prediction?> Read(ImmutableArray<OutputView> views, int rows)
    {
        var batch = plan.Rent();
        batch.Resize(rows);
        var left = Fill(batch, views);
        ImmutableArray<Prediction?> predictions = [.. Enumerable.Range(0, rows).Select(row => left.Contains(row) ? null : ReadRow(batch, row))];
        plan.Return(batch);
        return predictions;
    }

    /// <summary>Writes outputs where a run would have written them. Answers the rows whose scores are not finite.</summary>
    public static HashSet<int> Fill(PredictionBatch batch, ImmutableArray<OutputView> views)
    {
        var output = batch.Plan.Signature.Output;
        var label = views.FirstOrDefault(view => view.Name == output.Label);
        var scores = output.Scores.IsEmpty ? null : new ScoreColumns([.. output.Scores.Select(name => views.First(view => view.Name == name))]);
        for (var row = 0; row < batch.Rows; row++)
        {
            if (label is not null)
            {
                batch.Outputs.TextLabels[row] = label.Type == ElementType.String ? label.Label(row) : null;
                batch.Outputs.IntegerLabels[row] = label.Whole(row);
            }

            for (var column = 0; column < output.ScoreWidth; column++)
            {
                batch.Outputs.Scores[(row * output.ScoreWidth) + column] = scores![row, column];
            }
        }

        return scores is null ? [] : [.. Enumerable.Range(0, batch.Rows).Except(scores.Finite)];
    }

    private static Prediction ReadRow(PredictionBatch batch, int row)
    {
        try
        {
            return batch.Read(row);
        }
        catch (MlOpsException exception) when (exception.Code == ErrorCode.ModelError)
        {
            throw new MlOpsException(
                ErrorCode.ClassesUnknown,
                $"{exception.Message} The classes are {string.Join(", ", batch.Plan.Signature.Output.Classes.Take(20).Select(name => $"'{name}'"))}: name all of them in metadata, {Proposal.MarkedClasses(batch.Plan.Signature.Output.Classes.Length + 1)}.",
                [new Fault("/metadata/classes", exception.Message)],
                exception);
        }
    }
}
