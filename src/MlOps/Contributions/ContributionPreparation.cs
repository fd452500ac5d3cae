using System.Collections.Immutable;
using MlOps.Models;
using MlOps.Models.Registration;

namespace MlOps.Contributions;

/// <summary>
/// Finds at registration how a model is explained, and proves it: scores rebuilt from the file's trees or weights must give what the graph answers on the sample rows, else
/// the model is explained by running it.
/// </summary>
internal sealed class ContributionPreparation
{
    /// <summary>Rows of the baseline that stand for what is not known of a row.</summary>
    public const int BackgroundRows = 50;

    private const string NeedsBaseline = "Contributions say how far a row is from the rows that the model knows: give the model a baseline (PUT /api/models/{id}/baseline), or register it with one.";
    private const string LabelAlone = "The model answers a label alone: there is no score that contributions could add up to.";

    private readonly IModelFile file;
    private readonly ModelSignature signature;
    private readonly SampleRows sample;
    private readonly ImmutableArray<OutputView> views;
    private readonly BaselineTable? baseline;
    private readonly TimeSpan limit;
    private readonly TimeProvider time;
    private readonly CancellationToken cancellation;

    /// <param name="sample">Rows that may be fed.</param>
    /// <param name="views">What the graph answered for them.</param>
    /// <param name="baseline">Null without one; one that lacks features is none.</param>
    /// <param name="limit">Time for the rows of the baseline; some of them, evenly spaced, must do when they take longer.</param>
    public ContributionPreparation(
        IModelFile file, ModelSignature signature, SampleRows sample, ImmutableArray<OutputView> views, BaselineTable? baseline, TimeSpan limit, TimeProvider time, CancellationToken cancellation)
    {
        (this.file, this.signature, this.sample, this.views, this.limit, this.time, this.cancellation) = (file, signature, sample, views, limit, time, cancellation);
        this.baseline = sample.IsMadeUp ? null : baseline;
    }

    /// <summary>Of a model whose rows a job is to read.</summary>
    public static ContributionBasis NotRead { get; } = ContributionBasis.None(
        "The baseline has not been read: contributions are there when its job (baseline_job_id) has ended. If that has failed, give the model another baseline (PUT /api/models/{id}/baseline).");

    /// <param name="covers">Path of the part <c>covers</c>.</param>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.InvalidModel"/>: the covers are of other trees.</exception>
    public ContributionBasis Prepare(string? covers, List<string> warnings)
    {
        if (signature.Output.Kind == ScoreKind.None || signature.Output.Scores.IsEmpty)
        {
            return ContributionBasis.None(LabelAlone);
        }

        var form = file.Form(signature);
        using var check = new ReadingCheck(signature, sample, views, cancellation);
        if (covers is not null && form.Source is not TreeScores)
        {
            throw Refused($"are for trees, and the model is not explained by trees: it {form.Note ?? "has none"}. Leave the part out.");
        }

        if (Columns(form.Source) is { } columns)
        {
            using (columns)
            {
                if (check.Find(form, columns) is { } reading)
                {
                    var exact = form.Source is TreeScores trees ? Trees(trees, reading, columns, covers) : Linear((LinearScores)form.Source, reading, columns);
                    if (exact is not null)
                    {
                        return exact;
                    }
                }
                else
                {
                    warnings.Add("The scores rebuilt from the model's trees or weights are not what the graph answers: contributions are found by running the model.");
                }
            }
        }

        return baseline is null ? ContributionBasis.None(NeedsBaseline) : General(form, check);
    }

    private ContributionBasis General(ScoreForm form, ReadingCheck check)
    {
        ScoreReading? before = form.Source is GraphScores { Cut: { } cut } ? check.Find(cut, file) : null;
        var method = signature.Features.Length <= CoalitionExplainer.MostEnumerated ? ContributionMethod.Enumerated : ContributionMethod.Sampled;
        return new ContributionBasis(method, before ?? check.Answered, CoverSource.None, null)
        {
            Background = [.. SampleRows.Spaced(sample.Different, BackgroundRows).Select(row => sample.Rows[row].ToImmutableArray())],
        };
    }

    private ContributionBasis Trees(TreeScores trees, ScoreReading reading, EncodedColumns columns, string? covers)
    {
        var basis = new ContributionBasis(ContributionMethod.Tree, reading, CoverSource.File, null);
        if (covers is not null)
        {
            return basis with { CoverSource = CoverSource.Dump, Covers = Dump(trees, covers) };
        }

        if (trees.HasCovers)
        {
            return basis;
        }

        if (baseline is null)
        {
            return ContributionBasis.None(NeedsBaseline);
        }

        var counts = new CoverCounts(trees.Ensemble);
        ForRows(columns, () => (counts = new CoverCounts(trees.Ensemble)).Add);
        return basis with { CoverSource = CoverSource.Baseline, Covers = counts.Covers, Rows = counts.Rows };
    }

    // Null where a column is missing in some row: its mean says nothing then.
    private ContributionBasis? Linear(LinearScores linear, ScoreReading reading, EncodedColumns columns)
    {
        if (baseline is null)
        {
            return ContributionBasis.None(NeedsBaseline);
        }

        var means = new ColumnMeans(columns.Count);
        ForRows(columns, () => (means = new ColumnMeans(columns.Count)).Add);
        return means.AreFinite ? new ContributionBasis(ContributionMethod.Linear, reading, CoverSource.None, null) { Means = means.Means, Rows = means.Rows } : null;
    }

    private static ImmutableArray<double> Dump(TreeScores trees, string path)
    {
        try
        {
            using var dump = File.OpenRead(path);
            return XgboostCovers.Read(trees.Ensemble, dump);
        }
        catch (InvalidDataException wrong)
        {
            throw Refused(wrong.Message);
        }
    }

    private static MlOpsException Refused(string what) =>
        new(ErrorCode.InvalidModel, $"The covers {what}", [new Fault("/covers", $"The covers {what}")]);

    // Null for other sources, and where the encoders cannot be loaded by themselves.
    private EncodedColumns? Columns(ScoreSource source)
    {
        try
        {
            return Open(source);
        }
        catch (MlOpsException failed) when (failed.Code == ErrorCode.ModelError)
        {
            return null;
        }
    }

    private EncodedColumns? Open(ScoreSource source) => source switch
    {
        TreeScores trees => new EncodedColumns(trees.Input, trees.IsDouble, signature, cut => file.LoadUpTo(cut, signature)),
        LinearScores linear => new EncodedColumns(linear.Input, isDouble: true, signature, cut => file.LoadUpTo(cut, signature)),
        _ => null,
    };

    // Some rows first, to learn how many there is time for; then those.
    private void ForRows(EncodedColumns columns, Func<RowsAdder> begin)
    {
        var rows = new BaselineColumns(signature, baseline!, columns, cancellation);
        var started = time.GetTimestamp();
        rows.Read(SampleRows.Spaced(baseline!.Rows, SampleRows.Most), begin());
        if (baseline.Rows > SampleRows.Most)
        {
            var affordable = (long)(SampleRows.Most * limit / TimeSpan.FromTicks(Math.Max(1, time.GetElapsedTime(started).Ticks)));
            rows.Read(SampleRows.Spaced(baseline.Rows, (int)Math.Clamp(affordable, SampleRows.Most, baseline.Rows)), begin());
        }
    }
}
