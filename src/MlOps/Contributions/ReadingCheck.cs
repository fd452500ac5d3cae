using System.Collections.Immutable;
using MlOps.Models;
using MlOps.Models.Registration;
using MlOps.Predictions;

namespace MlOps.Contributions;

/// <summary>Finds how a model's raw scores become its answers, by trying the ways there are on sample rows: the first that gives what the graph answers is it.</summary>
internal sealed class ReadingCheck : IDisposable
{
    private const double Tolerance = 1e-4;

    private readonly PredictionBatch batch;
    private readonly ModelSignature signature;
    private readonly OutputSpec output;
    private readonly bool hasProbabilities;
    private readonly double scale;
    private readonly CancellationToken cancellation;

    /// <param name="views">What the graph answered for the sample's rows.</param>
    public ReadingCheck(ModelSignature signature, SampleRows sample, ImmutableArray<OutputView> views, CancellationToken cancellation)
    {
        (this.signature, output, this.cancellation) = (signature, signature.Output, cancellation);
        var plan = new PredictionPlan(signature, null);
        hasProbabilities = plan.Outputs.HasProbabilities;
        batch = new PredictionBatch(plan);
        batch.Resize(sample.Rows.Length);
        for (var row = 0; row < sample.Rows.Length; row++)
        {
            for (var feature = 0; feature < sample.Rows[row].Length; feature++)
            {
                _ = batch.Set(row, feature, sample.Rows[row][feature]);
            }
        }

        Rows = [.. Enumerable.Range(0, batch.Rows).Except(RowAnswers.Fill(batch, views))];
        foreach (var row in Rows)
        {
            plan.Outputs.Interpret(batch.Outputs, row, 1);
        }

        scale = Rows.SelectMany(row => Answer(row).ToArray()).Select(Math.Abs).Append(double.Epsilon).Max();
    }

    /// <summary>How the scores are read that the graph itself answers.</summary>
    public ScoreReading Answered => (hasProbabilities, output.Kind, output.ScoreWidth) switch
    {
        (true, ScoreKind.Logit, 1) => new(ScoreChoice.Only, ContributionSpace.LogOdds),
        (true, ScoreKind.Logit, 2) => new(output.Opposite ? ScoreChoice.Second : ScoreChoice.Difference, ContributionSpace.LogOdds),
        (true, ScoreKind.Logit, _) => new(ScoreChoice.Each, ContributionSpace.LogOdds),
        (true, _, _) => new(output.Classes.Length == 2 ? ScoreChoice.Second : ScoreChoice.Each, ContributionSpace.Probability),
        (_, _, 1) => new(ScoreChoice.Only, ContributionSpace.Value),
        (_, _, 2) => new(ScoreChoice.Second, ContributionSpace.Value),
        _ => new(ScoreChoice.Each, ContributionSpace.Value),
    };

    private int[] Rows { get; }

    /// <summary>How scores rebuilt from trees or weights are read; null when no way gives the graph's answers.</summary>
    public ScoreReading? Find(ScoreForm form, EncodedColumns columns)
    {
        var read = new double[batch.Rows * columns.Count];
        if (!Reads(columns, read))
        {
            return null;
        }

        double[] Raw(int row)
        {
            var of = read.AsSpan(row * columns.Count, columns.Count);
            return form.Source is TreeScores trees ? trees.Ensemble.Score(of) : ((LinearScores)form.Source).Model.Score(of);
        }

        return Find(Candidates(form), Rows.ToDictionary(row => row, Raw));
    }

    /// <summary>How scores within the graph are read; null when no way gives the graph's answers.</summary>
    public ScoreReading? Find(GraphCut cut, IModelFile file)
    {
        using var inner = new PredictionBatch(new PredictionPlan(EncodedColumns.Answering(signature, cut), null));
        inner.Copy(batch, 0, batch.Rows);
        if (!Runs(() => file.LoadUpTo(cut, signature), inner))
        {
            return null;
        }

        var raw = Rows.ToDictionary(row => row, row => inner.Outputs.Scores.AsSpan(row * cut.Width, cut.Width).ToArray());
        return Find(Candidates(new ScoreForm(new GraphScores(cut), false, null)).Where(reading => reading.Space == ContributionSpace.LogOdds), raw);
    }

    public void Dispose() => batch.Dispose();

    private ScoreReading? Find(IEnumerable<ScoreReading> candidates, Dictionary<int, double[]> raw)
    {
        foreach (var candidate in candidates)
        {
            if (Rows.Length > 0 && Rows.All(row => Fits(candidate, raw[row]) && Gives(candidate, raw[row], row)))
            {
                return candidate;
            }
        }

        return null;
    }

    // Another width than was read from the graph, or a part that does not stand by itself: what was found there is wrong.
    private bool Reads(EncodedColumns columns, double[] read)
    {
        try
        {
            columns.Read(batch, 0, batch.Rows, read, cancellation);
            return true;
        }
        catch (MlOpsException failed) when (failed.Code == ErrorCode.ModelError)
        {
            return false;
        }
    }

    private bool Runs(Func<ILoadedModel> load, PredictionBatch inner)
    {
        try
        {
            using var within = load();
            within.Run(inner, 0, inner.Rows, cancellation);
            return true;
        }
        catch (MlOpsException failed) when (failed.Code == ErrorCode.ModelError)
        {
            return false;
        }
    }

    private IEnumerable<ScoreReading> Candidates(ScoreForm form)
    {
        if (!hasProbabilities)
        {
            ScoreChoice[] choices = [ScoreChoice.Only, ScoreChoice.Second, ScoreChoice.Each];
            return choices.Select(choice => new ScoreReading(choice, form.IsLogarithm ? ContributionSpace.Log : ContributionSpace.Value));
        }

        ScoreReading[] binary =
        [
            new(ScoreChoice.Only, ContributionSpace.LogOdds),
            new(ScoreChoice.Only, ContributionSpace.Probability),
            new(ScoreChoice.Doubled, ContributionSpace.LogOdds),
            new(ScoreChoice.Difference, ContributionSpace.LogOdds),
            new(ScoreChoice.Second, ContributionSpace.LogOdds),
            new(ScoreChoice.Second, ContributionSpace.Probability),
        ];
        return form.IsLogarithm ? [] : output.Classes.Length == 2
            ? binary
            : [new(ScoreChoice.Each, ContributionSpace.LogOdds), new(ScoreChoice.Each, ContributionSpace.Probability)];
    }

    // Whether there are as many raw scores as are chosen from.
    private bool Fits(ScoreReading reading, double[] raw) => reading.Choice switch
    {
        ScoreChoice.Only or ScoreChoice.Doubled => raw.Length == 1,
        ScoreChoice.Second or ScoreChoice.Difference => raw.Length == 2,
        _ => raw.Length > 2 && raw.Length == (output.Task == ModelTask.Regression ? output.ScoreWidth : output.Classes.Length),
    };

    private bool Gives(ScoreReading reading, double[] raw, int row)
    {
        var scores = new double[reading.Count(raw.Length)];
        reading.Read(raw, scores);
        var answer = Answer(row);
        return reading.Space switch
        {
            ContributionSpace.LogOdds when scores.Length == 1 => IsNear(1 / (1 + Math.Exp(-scores[0])), answer[1]),
            ContributionSpace.LogOdds => AreNear(Shares([.. scores.Select(score => Math.Exp(score - scores.Max()))]), answer)
                || AreNear(Shares([.. scores.Select(score => 1 / (1 + Math.Exp(-score)))]), answer),
            ContributionSpace.Probability when scores.Length == 1 => IsNear(scores[0], answer[1]),
            ContributionSpace.Log => IsNear(Math.Exp(scores[0]), answer[0]),
            ContributionSpace.Value when scores.Length == 1 => IsNear(scores[0], answer[^1]),
            _ => AreNear(scores, answer),
        };
    }

    private ReadOnlySpan<double> Answer(int row) => hasProbabilities
        ? batch.Outputs.Probabilities.AsSpan(row * output.Classes.Length, output.Classes.Length)
        : batch.Outputs.Scores.AsSpan(row * output.ScoreWidth, output.ScoreWidth);

    private static double[] Shares(double[] scores) => [.. scores.Select(score => score / scores.Sum())];

    private bool AreNear(double[] rebuilt, ReadOnlySpan<double> answered)
    {
        for (var at = 0; at < rebuilt.Length; at++)
        {
            if (!IsNear(rebuilt[at], answered[at]))
            {
                return false;
            }
        }

        return true;
    }

    private bool IsNear(double rebuilt, double answered) => Math.Abs(rebuilt - answered) <= Tolerance * scale;
}
