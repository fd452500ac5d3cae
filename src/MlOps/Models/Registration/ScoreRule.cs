using System.Collections.Immutable;

namespace MlOps.Models.Registration;

/// <summary>Finds the columns that hold a model's scores.</summary>
internal sealed class ScoreRule(ModelMetadata metadata, ImmutableArray<OutputView> views, ClassRule classRule, OutputRefusals refusals)
{
    private readonly bool isRegression = metadata.Task == ModelTask.Regression || metadata.Outputs.Kind == ScoreKind.Value;

    private OutputsEntry Said => metadata.Outputs;

    /// <summary>The scores beside a label; null when there are none.</summary>
    public ScoreColumns? Beside(OutputView label)
    {
        if (!Said.Scores.IsDefault)
        {
            return Named();
        }

        var floats = views.Where(view => view.IsFloat).ToImmutableArray();
        if (floats.Length <= 1)
        {
            return floats.IsEmpty ? null : new ScoreColumns(floats);
        }

        if (ByPrefix(label, floats) is { } columns)
        {
            return columns;
        }

        var probabilities = floats.Where(view => new ScoreColumns([view]).AreProbabilities).ToImmutableArray();
        return Said.Kind is null or ScoreKind.Probability && probabilities.Length == 1 ? new ScoreColumns(probabilities) : throw refusals.SeveralScores(floats, label);
    }

    /// <summary>The scores that the metadata names.</summary>
    public ScoreColumns Named()
    {
        var named = Said.Scores.Select(name => views.First(view => view.Name == name)).ToImmutableArray();
        foreach (var view in named)
        {
            if (view.Width == 0 || (!view.IsFloat && !(isRegression && view is { Width: 1, IsInteger: true })) || (named.Length > 1 && view.Width != 1))
            {
                throw refusals.Contradiction(
                    "/metadata/outputs/scores",
                    $"The output '{view.Name}' cannot be a score{(named.Length > 1 ? " of one class: one number for each row is needed" : ": numbers for each row are needed")}"
                    + $"{(view is { Width: 1, IsInteger: true } ? "; an integer column is a label, or a value under outputs.kind \"value\"" : "")}.");
            }
        }

        return new ScoreColumns(named);
    }

    /// <summary>Whether the scores can be what the metadata says.</summary>
    public void Check(ScoreKind kind, ScoreColumns scores)
    {
        if (kind == ScoreKind.Probability && !scores.IsWithinUnit)
        {
            throw refusals.Contradiction("/metadata/outputs/kind", $"metadata.outputs.kind is \"probability\", and {scores.Seen}: say \"logit\" for log-odds, \"margin\" for scores that tell nothing but the label.");
        }

        if (kind == ScoreKind.Probability && scores.Width > 1 && !scores.AddUp(0.01))
        {
            throw refusals.Contradiction("/metadata/outputs/kind", $"metadata.outputs.kind is \"probability\", and {scores.Seen}: probabilities of all classes add up to 1.");
        }
    }

    public static void RequireFinite(ScoreColumns scores)
    {
        if (scores.Finite.IsEmpty)
        {
            throw new MlOpsException(
                ErrorCode.OutputNotFinite,
                $"The graph answers NaN or infinity in {string.Join(", ", scores.Names.Select(name => $"'{name}'"))} for every row that was tried. Send a baseline of rows as in training; if a missing value is fed as a number, say which in metadata.features (\"missing\").",
                [new Fault("/file", "The output is not finite.")]);
        }
    }

    // skl2onnx writes one output for each class, called by a common prefix and the class: s + 'still alive', i + '0'.
    private ScoreColumns? ByPrefix(OutputView label, ImmutableArray<OutputView> floats)
    {
        var narrow = floats.Where(view => view.Width == 1).ToDictionary(view => view.Name, StringComparer.Ordinal);
        foreach (var classes in classRule.KnownNames(label))
        {
            var prefixes = narrow.Keys.Where(name => name.EndsWith(classes[0], StringComparison.Ordinal)).Select(name => name[..^classes[0].Length]);
            var fitting = prefixes.Where(prefix => classes.All(one => narrow.ContainsKey(prefix + one))).ToList();
            if (fitting.Count == 1)
            {
                return new ScoreColumns([.. classes.Select(one => narrow[fitting[0] + one])]);
            }
        }

        return null;
    }
}
