using System.Collections.Immutable;

namespace MlOps.Models.Registration;

/// <summary>Decides how a graph's outputs are read. What neither metadata, file nor runs settle is refused, with the lines that would.</summary>
internal sealed class OutputRules
{
    private readonly ModelMetadata metadata;
    private readonly ImmutableArray<OutputView> views;
    private readonly TargetColumn? target;
    private readonly List<string> warnings;
    private readonly ClassRule classRule;
    private readonly OutputRefusals refusals;
    private readonly ScoreRule scoreRule;

    private OutputRules(ModelMetadata metadata, ImmutableArray<OutputView> views, TargetColumn? target, List<string> warnings)
    {
        (this.metadata, this.views, this.target, this.warnings) = (metadata, views, target, warnings);
        classRule = new ClassRule(metadata, target);
        refusals = new OutputRefusals(metadata, classRule);
        scoreRule = new ScoreRule(metadata, views, classRule, refusals);
    }

    private OutputsEntry Said => metadata.Outputs;

    private bool IsRegression => metadata.Task == ModelTask.Regression || Said.Kind == ScoreKind.Value;

    /// <summary>Something besides the graph says that classes are predicted.</summary>
    private bool SaysClassification => metadata.Task == ModelTask.Classification || !metadata.Classes.IsDefault || target?.SaysClassification == true;

    /// <param name="views">What every row of the sample got.</param>
    /// <exception cref="MlOpsException">A 422 with the lines of metadata that settle what is open.</exception>
    public static OutputSpec Decide(ModelMetadata metadata, ImmutableArray<OutputView> views, TargetColumn? target, List<string> warnings)
    {
        var rules = new OutputRules(metadata, views, target, warnings);
        rules.CheckNames();
        var spec = rules.Decide();
        rules.CheckThreshold(spec);
        return rules.WithIgnored(spec);
    }

    private OutputSpec Decide()
    {
        if (metadata.Task == ModelTask.Anomaly)
        {
            return Anomaly();
        }

        if (IsRegression)
        {
            return Regression();
        }

        return Label() is { } label ? Labelled(label) : Unlabelled();
    }

    private OutputView? Label()
    {
        if (Said.Label is { } named)
        {
            var view = views.First(one => one.Name == named);
            return view.CanBeLabel
                ? view
                : throw refusals.Contradiction("/metadata/outputs/label", $"The output '{named}' is no label: a label is one integer, text or boolean for each row.");
        }

        var scores = Said.Scores.IsDefault ? [] : Said.Scores;
        var candidates = views.Where(view => view.CanBeLabel && !scores.Contains(view.Name)).ToList();
        if (candidates.Count > 1)
        {
            var called = candidates.Where(view => view.Name is "label" or "output_label").ToList();
            return called.Count == 1 ? called[0] : throw refusals.SeveralLabels(candidates);
        }

        return candidates.FirstOrDefault();
    }

    private OutputSpec Labelled(OutputView label)
    {
        var scores = scoreRule.Beside(label);
        if (scores is null)
        {
            if (Said.Kind is not null)
            {
                throw refusals.Contradiction("/metadata/outputs/kind", "metadata.outputs.kind says what the scores are, and the graph has no scores beside its label: drop it.");
            }

            var (classes, labels) = classRule.OfLabel(label, null, ScoreKind.None);
            return new OutputSpec(ModelTask.Classification, label.Name, labels, [], [], 0, false, ScoreKind.None, classes, metadata.Threshold, []);
        }

        ScoreRule.RequireFinite(scores);
        if (IsAnomalyAlike(label, scores))
        {
            throw refusals.AnomalyAlike(label, scores);
        }

        var kind = Said.Kind ?? (scores.AreProbabilities ? ScoreKind.Probability : throw refusals.ScoresUnknown(scores, label));
        scoreRule.Check(kind, scores);
        var known = classRule.OfLabel(label, scores, kind);
        return Classification(label.Name, known.Labels, scores, kind, known.Classes);
    }

    private OutputSpec Unlabelled()
    {
        if (Said.Kind == ScoreKind.Margin)
        {
            throw refusals.Contradiction("/metadata/outputs/kind", "metadata.outputs.kind \"margin\" says nothing but the label, and the graph has no label output: say \"logit\" or \"probability\" if that is what the scores are.");
        }

        var floats = views.Where(view => view.IsFloat).ToImmutableArray();
        if (Said.Scores.IsDefault && floats.Length != 1)
        {
            throw floats.IsEmpty ? refusals.NothingPerRow(views) : refusals.SeveralOutputs(floats, SaysClassification);
        }

        var scores = Said.Scores.IsDefault ? new ScoreColumns(floats) : scoreRule.Named();
        ScoreRule.RequireFinite(scores);
        if (scores.Width == 1 && Said.Kind is null)
        {
            var told = scores.AreProbabilities && !metadata.Classes.IsDefault;
            if (!told && (scores.FromProbabilityNode || SaysClassification))
            {
                throw refusals.OneColumn(scores, target);
            }

            if (!told)
            {
                return Value(scores);
            }
        }

        var kind = Said.Kind ?? (scores.AreProbabilities ? ScoreKind.Probability : throw refusals.SeveralColumns(scores, SaysClassification));
        scoreRule.Check(kind, scores);
        return Classification(null, [], scores, kind, classRule.OfScores(scores));
    }

    private OutputSpec Regression()
    {
        ScoreColumns scores;
        if (!Said.Scores.IsDefault)
        {
            scores = scoreRule.Named();
        }
        else
        {
            var floats = views.Where(view => view.IsFloat).ToImmutableArray();
            var candidates = floats.IsEmpty ? [.. views.Where(view => view is { Width: 1, IsInteger: true })] : floats;
            scores = candidates.Length == 1 ? new ScoreColumns(candidates)
                : throw (candidates.IsEmpty ? refusals.NothingPerRow(views) : refusals.SeveralOutputs(candidates, false));
        }

        if (scores.Width > 1)
        {
            throw refusals.SeveralColumns(scores, false);
        }

        ScoreRule.RequireFinite(scores);
        if (target?.IsText == true)
        {
            throw refusals.Contradiction("/metadata/task", $"The target '{target.Name}' is text, and metadata says regression: drop the one that is wrong.");
        }

        return Value(scores);
    }

    private OutputSpec Anomaly()
    {
        var label = Label() ?? throw refusals.Contradiction("/metadata/task", "metadata.task \"anomaly\" needs a label of −1 and 1, and the graph has no label output.");
        if (Enumerable.Range(0, label.Rows).Select(label.Label).FirstOrDefault(text => text is not ("-1" or "1")) is { } strange)
        {
            throw refusals.Contradiction("/metadata/task", $"metadata.task \"anomaly\" needs labels −1 and 1, and the output '{label.Name}' answered '{strange}': for other labels say \"task\": \"classification\" and \"classes\".");
        }

        var scores = scoreRule.Beside(label) ?? throw refusals.Contradiction("/metadata/task", "metadata.task \"anomaly\" needs a score beside the label, and the graph has none: say \"task\": \"classification\" and name both \"classes\".");
        if (scores.Width != 1)
        {
            throw refusals.Contradiction("/metadata/outputs/scores", $"metadata.task \"anomaly\" needs one score, and {scores.Seen}: name the output that is it in outputs.scores.");
        }

        ScoreRule.RequireFinite(scores);
        return new OutputSpec(ModelTask.Anomaly, label.Name, ["-1", "1"], scores.Names, [], 1, false, ScoreKind.Value, ["-1", "1"], null, []);
    }

    private OutputSpec Classification(string? label, ImmutableArray<string> graphLabels, ScoreColumns scores, ScoreKind kind, ImmutableArray<string> classes) => new(
        ModelTask.Classification,
        label,
        graphLabels,
        scores.Names,
        scores.MapKeys.IsDefault ? [] : [.. scores.MapKeys.Select(key => key.ToString())],
        scores.Width,
        kind == ScoreKind.Logit && scores.AreOpposite,
        kind,
        classes,
        metadata.Threshold,
        []);

    private static OutputSpec Value(ScoreColumns scores) =>
        new(ModelTask.Regression, null, [], scores.Names, [], 1, false, ScoreKind.Value, [], null, []);

    private bool IsAnomalyAlike(OutputView label, ScoreColumns scores) =>
        metadata.Task is null && Said.Kind is null && metadata.Classes.IsDefault && label.IsInteger && scores.Width == 1
        && Enumerable.Range(0, label.Rows).Select(label.Label).ToHashSet(StringComparer.Ordinal) is var seen && seen.Contains("-1") && seen.IsSubsetOf(["-1", "1"]);

    private void CheckNames()
    {
        var known = views.Select(view => view.Name).ToList();
        var faults = new FaultList();
        foreach (var name in (Said.Scores.IsDefault ? [] : Said.Scores).Append(Said.Label).OfType<string>().Where(name => !known.Contains(name)))
        {
            faults.Add("/metadata/outputs", $"'{name}' is no output of the graph: {NearestName.Propose(name, known)}");
        }

        faults.Throw(ErrorCode.InvalidMetadata, "metadata.outputs names an output that the file does not have");
    }

    private void CheckThreshold(OutputSpec spec)
    {
        if (metadata.Threshold is not null && (spec.Task != ModelTask.Classification || spec.Classes.Length != 2 || spec.Kind is not (ScoreKind.Probability or ScoreKind.Logit)))
        {
            throw refusals.Contradiction(
                "/metadata/threshold",
                spec.Task != ModelTask.Classification ? "metadata.threshold decides between two classes, and the model predicts a value: drop it."
                : spec.Classes.Length != 2 ? $"metadata.threshold decides between two classes, and there are {spec.Classes.Length}: drop it."
                : "metadata.threshold is compared with a probability, and the graph answers none: drop it.");
        }
    }

    private OutputSpec WithIgnored(OutputSpec spec)
    {
        ImmutableArray<string> ignored = [.. views.Select(view => view.Name).Where(name => name != spec.Label && !spec.Scores.Contains(name))];
        if (!ignored.IsEmpty)
        {
            warnings.Add($"Outputs that are not used: {string.Join(", ", ignored)}.");
        }

        return spec with { Ignored = ignored };
    }
}
