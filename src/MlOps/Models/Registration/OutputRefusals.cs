using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace MlOps.Models.Registration;

/// <summary>Says in which ways outputs could be read, and prints the line of metadata for each.</summary>
internal sealed class OutputRefusals(ModelMetadata metadata, ClassRule classRule)
{
    public static readonly string Regression = Proposal.Line("task", JsonValue.Create("regression"));

    public MlOpsException Contradiction(string pointer, string detail) => new(ErrorCode.InvalidMetadata, detail, [new Fault(pointer, detail)]);

    public MlOpsException SeveralLabels(List<OutputView> candidates) => Refusal(
        ErrorCode.OutputAmbiguous,
        $"Several outputs could be the label: {Names(candidates)}. Say which: {string.Join(", or ", candidates.Take(10).Select(view => Proposal.Outputs(metadata.Outputs, label: view.Name)))}.",
        "/metadata/outputs/label");

    public MlOpsException SeveralScores(ImmutableArray<OutputView> floats, OutputView label) => Refusal(
        ErrorCode.OutputAmbiguous,
        $"Several outputs could be the scores beside the label: {string.Join("; ", floats.Select(view => new ScoreColumns([view]).Seen))}. Say which{(metadata.Task == ModelTask.Anomaly ? "" : " and what they are")}: "
        + $"{ScoresLines(floats, label)}.{(metadata.Task == ModelTask.Anomaly ? "" : $" {Meaning}")}{OpenClasses(label, floats.Length)}",
        "/metadata/outputs/scores");

    public MlOpsException AnomalyAlike(OutputView label, ScoreColumns scores) => Refusal(
        ErrorCode.OutputAmbiguous,
        $"The labels in '{label.Name}' are −1 and 1 beside one score, as of an anomaly detector; {scores.Seen}. If it is one: {Proposal.Line("task", JsonValue.Create("anomaly"))}. "
        + $"If −1 and 1 are classes: {Proposal.Outputs(metadata.Outputs, ScoreKind.Margin)} and {Proposal.Classes(label.Graph.LabelList.IsDefaultOrEmpty ? ["-1", "1"] : label.Graph.LabelList.Select(label.Label))}.",
        "/metadata/task");

    public MlOpsException ScoresUnknown(ScoreColumns scores, OutputView label)
    {
        var node = scores is { Width: 1, FromProbabilityNode: false } ? ", from no Sigmoid, Softmax or classifier node" : "";
        return Refusal(
            ErrorCode.OutputAmbiguous,
            $"{scores.Seen}{node}: no probabilities as they stand. Say what they are: {string.Join(", or ", Kinds(scores, label).Select(kind => Proposal.Outputs(metadata.Outputs, kind)))}. {Meaning}"
            + OpenClasses(label, scores.Width, scores),
            "/metadata/outputs/kind");
    }

    public MlOpsException OneColumn(ScoreColumns scores, TargetColumn? target)
    {
        var name = scores.Names[0];
        var why = scores.FromProbabilityNode ? $"'{name}' comes from a Sigmoid, Softmax or classifier node"
            : metadata.Task == ModelTask.Classification ? "metadata.task is \"classification\""
            : !metadata.Classes.IsDefault ? "metadata names classes"
            : $"the target '{target!.Name}' has {target.Described}";
        var kind = scores.AreProbabilities
            ? $" ({Proposal.Outputs(metadata.Outputs, ScoreKind.Probability, [name])} goes without saying)"
            : $" and what the column is: {KindLines(scores, [name])}";
        var classes = metadata.Classes.IsDefault ? $"name both classes, the second being the one whose score it is: {classRule.Line(null, 2)}{kind}" : $"say what the column is: {KindLines(scores, [name])}";
        return Refusal(
            ErrorCode.OutputAmbiguous,
            $"{scores.Seen}, and {why}, but there is no label output. For a classification {classes}. If the value itself is predicted: {(metadata.Classes.IsDefault ? "" : "drop \"classes\", and say ")}{Regression}.",
            "/metadata/classes");
    }

    public MlOpsException SeveralColumns(ScoreColumns scores, bool saysClassification) => Refusal(
        saysClassification ? ErrorCode.OutputAmbiguous : ErrorCode.SeveralTargets,
        $"{scores.Seen}, and there is no label output. If they are the scores of {scores.Width} classes, {DropTask}say so: {KindLines(scores, scores.Names)} with {Classes(scores.Width)}. "
        + "If they are several targets, export a model for each, or one whose output has a single column.",
        "/metadata/outputs");

    public MlOpsException SeveralOutputs(ImmutableArray<OutputView> candidates, bool saysClassification) => Refusal(
        saysClassification ? ErrorCode.OutputAmbiguous : ErrorCode.SeveralTargets,
        $"Several outputs could be the prediction: {string.Join("; ", candidates.Select(view => new ScoreColumns([view]).Seen))}. {OneValue(candidates)}{OneOfScores(candidates)}",
        "/metadata/outputs/scores");

    public MlOpsException NothingPerRow(ImmutableArray<OutputView> views) => new(
        ErrorCode.InvalidModel,
        $"No output has a number for each row ({string.Join(", ", views.Select(view => $"'{view.Name}'"))}): a label, a score or a value is needed.");

    private const string Meaning =
        "\"logit\" is log-odds (before softmax or sigmoid), \"margin\" is anything that only ranks (distances, votes, decision_function), \"probability\" what it says.";

    // What has to go from the metadata before classes can be said.
    private string DropTask => metadata.Task == ModelTask.Regression ? "drop \"task\" and " : "";

    private string OneValue(ImmutableArray<OutputView> candidates)
    {
        var lines = candidates.Where(view => view.Width == 1).Take(10).Select(view => Proposal.Outputs(metadata.Outputs, ScoreKind.Value, [view.Name])).ToList();
        string?[] against = [metadata.Task == ModelTask.Classification ? "\"task\"" : null, metadata.Classes.IsDefault ? null : "\"classes\""];
        var drop = string.Join(" and ", against.OfType<string>());
        return lines.Count == 0 ? "" : $"If one is the value that is predicted: {(drop.Length == 0 ? "" : $"drop {drop}, and say ")}{string.Join(", or ", lines)}. ";
    }

    private string OneOfScores(ImmutableArray<OutputView> candidates)
    {
        var lines = Together(candidates).Concat(candidates.Where(view => view.IsFloat).Take(10).Select(view => new ScoreColumns([view])))
            .Select(scores => $"{KindLines(scores, scores.Names)} with {Classes(Math.Max(2, scores.Width))}").ToList();
        return lines.Count == 0 ? "" : $"If one holds the scores of classes, {DropTask}name it with its kind: {string.Join(", or ", lines)}.";
    }

    // Columns of one number each that add up to 1 are the scores of as many classes.
    private static IEnumerable<ScoreColumns> Together(ImmutableArray<OutputView> floats)
    {
        if (floats.All(view => view is { Width: 1, IsFloat: true }) && new ScoreColumns(floats) is var all && all.AddUp(0.01))
        {
            yield return all;
        }
    }

    private string ScoresLines(ImmutableArray<OutputView> floats, OutputView label) => string.Join(
        ", or ",
        Together(floats).Concat(floats.Take(10).Select(view => new ScoreColumns([view])))
            .Where(scores => metadata.Task != ModelTask.Anomaly || scores.Width == 1)
            .Select(scores => ScoresLine(scores, label)));

    private string ScoresLine(ScoreColumns scores, OutputView label)
    {
        if (metadata.Task == ModelTask.Anomaly)
        {
            return Proposal.Outputs(metadata.Outputs, null, scores.Names);
        }

        var kinds = Kinds(scores, label);
        return Proposal.Outputs(metadata.Outputs, metadata.Outputs.Kind is { } said && kinds.Contains(said) ? said : kinds[0], scores.Names);
    }

    private string OpenClasses(OutputView label, int width, ScoreColumns? scores = null) =>
        metadata.Task != ModelTask.Anomaly && classRule.IsOpen(label, scores) ? $" Its classes are not known either: {classRule.Line(label, width)}." : "";

    private string KindLines(ScoreColumns scores, IReadOnlyList<string> names) =>
        string.Join(", or ", Kinds(scores).Where(kind => kind != ScoreKind.Margin).Select(kind => Proposal.Outputs(metadata.Outputs, kind, names)));

    // Beside a label whose classes are known scores of another number can only be margins, such as those of every pair of classes.
    private List<ScoreKind> Kinds(ScoreColumns scores, OutputView? label = null)
    {
        var kinds = new List<ScoreKind>();
        if (label is null || classRule.CountOf(label) is not { } count || count == Math.Max(2, scores.Width))
        {
            if (scores.Width == 1 ? scores.IsWithinUnit : scores.AddUp(0.01))
            {
                kinds.Add(ScoreKind.Probability);
            }

            kinds.Add(ScoreKind.Logit);
        }

        kinds.Add(ScoreKind.Margin);
        return kinds;
    }

    private string Classes(int count) => metadata.Classes.IsDefault || metadata.Classes.Length != count ? classRule.Line(null, count) : Proposal.Classes(metadata.Classes);

    private static string Names(IEnumerable<OutputView> views) => string.Join(", ", views.Select(view => $"'{view.Name}'"));

    private static MlOpsException Refusal(ErrorCode code, string detail, string pointer) => new(code, detail, [new Fault(pointer, detail)]);
}
