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

    public MlOpsException SeveralScores(ImmutableArray<OutputView> floats) => Refusal(
        ErrorCode.OutputAmbiguous,
        $"Several outputs could be the scores beside the label: {string.Join("; ", floats.Select(view => new ScoreColumns([view])).Select(Seen))}. Say which and what they are: "
        + $"{string.Join(", or ", floats.Take(10).Select(view => Proposal.Outputs(metadata.Outputs, Kinds(new ScoreColumns([view]))[0], view.Name)))}. {Meaning}",
        "/metadata/outputs/scores");

    public MlOpsException AnomalyAlike(OutputView label, ScoreColumns scores) => Refusal(
        ErrorCode.OutputAmbiguous,
        $"The labels in '{label.Name}' are −1 and 1 beside one score, as of an anomaly detector; {scores.Seen}. If it is one: {Proposal.Line("task", JsonValue.Create("anomaly"))}. "
        + $"If −1 and 1 are classes: {Proposal.Outputs(metadata.Outputs, ScoreKind.Margin)} and {Proposal.MarkedClasses(2)}.",
        "/metadata/task");

    public MlOpsException ScoresUnknown(ScoreColumns scores, OutputView label)
    {
        var classes = classRule.IsOpen(label, scores) ? $" Its classes are not known either: {classRule.Line(label, scores.Width)}." : "";
        return Refusal(
            ErrorCode.OutputAmbiguous,
            $"{scores.Seen}{(scores.Width == 1 ? ", from no Sigmoid, Softmax or classifier node" : "")}: no probabilities as they stand. Say what they are: {KindLines(scores)}. {Meaning}{classes}",
            "/metadata/outputs/kind");
    }

    public MlOpsException OneColumn(ScoreColumns scores, TargetColumn? target)
    {
        var name = scores.Names[0];
        var why = scores.FromProbabilityNode ? $"'{name}' comes from a Sigmoid, Softmax or classifier node"
            : metadata.Task == ModelTask.Classification ? "metadata.task is \"classification\""
            : !metadata.Classes.IsDefault ? "metadata names classes"
            : $"the target '{target!.Name}' has {target.Described}";
        var kind = scores.FromProbabilityNode
            ? $" ({Proposal.Outputs(metadata.Outputs, ScoreKind.Probability, name)} goes without saying)"
            : $" and what the column is: {KindLines(scores, name, ScoreKind.Margin)}";
        var classes = metadata.Classes.IsDefault ? $"name both classes, the second being the one whose score it is: {classRule.Line(null, 2)}{kind}" : $"say what the column is: {KindLines(scores, name, ScoreKind.Margin)}";
        return Refusal(
            ErrorCode.OutputAmbiguous,
            $"{scores.Seen}, and {why}, but there is no label output. For a classification {classes}. If the value itself is predicted: {Regression}.",
            "/metadata/classes");
    }

    public MlOpsException SeveralColumns(ScoreColumns scores, bool saysClassification)
    {
        var name = scores.Names is [var only] ? only : null;
        return Refusal(
            saysClassification ? ErrorCode.OutputAmbiguous : ErrorCode.SeveralTargets,
            $"{scores.Seen}, and there is no label output. If they are the scores of {scores.Width} classes, say so: {KindLines(scores, name, ScoreKind.Margin)} with {Classes(scores.Width)}. "
            + "If they are several targets, export a model for each, or one whose output has a single column.",
            "/metadata/outputs");
    }

    public MlOpsException SeveralOutputs(ImmutableArray<OutputView> candidates, bool saysClassification) => Refusal(
        saysClassification ? ErrorCode.OutputAmbiguous : ErrorCode.SeveralTargets,
        $"Several outputs could be the prediction: {string.Join("; ", candidates.Select(view => new ScoreColumns([view])).Select(Seen))}. "
        + $"If one is the value that is predicted: {string.Join(", or ", candidates.Where(view => view.Width == 1).DefaultIfEmpty(candidates[0]).Take(10).Select(view => Proposal.Outputs(metadata.Outputs, ScoreKind.Value, view.Name)))}. "
        + $"If one holds the scores of classes, name it with its kind: {Proposal.Outputs(metadata.Outputs, ScoreKind.Probability, candidates[0].Name)} (or \"logit\") with {Classes(Math.Max(2, candidates[0].Width))}.",
        "/metadata/outputs/scores");

    public MlOpsException NothingPerRow(ImmutableArray<OutputView> views) => new(
        ErrorCode.InvalidModel,
        $"No output has a number for each row ({string.Join(", ", views.Select(view => $"'{view.Name}'"))}): a label, a score or a value is needed.");

    private const string Meaning =
        "\"logit\" is log-odds (before softmax or sigmoid), \"margin\" is anything that only ranks (distances, votes, decision_function), \"probability\" what it says.";

    private string KindLines(ScoreColumns scores, string? name = null, ScoreKind? but = null) =>
        string.Join(", or ", Kinds(scores).Where(kind => kind != but).Select(kind => Proposal.Outputs(metadata.Outputs, kind, name)));

    private static List<ScoreKind> Kinds(ScoreColumns scores)
    {
        var kinds = new List<ScoreKind>();
        if (scores.Width == 1 ? scores.IsWithinUnit : scores.AddUp(0.01))
        {
            kinds.Add(ScoreKind.Probability);
        }

        kinds.Add(ScoreKind.Logit);
        kinds.Add(ScoreKind.Margin);
        return kinds;
    }

    private string Classes(int count) => metadata.Classes.IsDefault ? classRule.Line(null, count) : Proposal.Classes(metadata.Classes);

    private static string Names(IEnumerable<OutputView> views) => string.Join(", ", views.Select(view => $"'{view.Name}'"));

    private static string Seen(ScoreColumns scores) => scores.Finite.IsEmpty ? $"'{scores.Names[0]}' is never finite" : scores.Seen;

    private static MlOpsException Refusal(ErrorCode code, string detail, string pointer) => new(code, detail, [new Fault(pointer, detail)]);
}
