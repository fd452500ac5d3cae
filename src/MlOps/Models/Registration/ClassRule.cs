using System.Collections.Immutable;
using System.Globalization;

namespace MlOps.Models.Registration;

/// <summary>Finds the classes in the order of the score columns, and which of the graph's labels is which. Nothing is ranked among labels seen.</summary>
internal sealed class ClassRule(ModelMetadata metadata, TargetColumn? target)
{
    /// <summary>Lists of class names by which columns may be called: the graph's own first.</summary>
    public IEnumerable<ImmutableArray<string>> KnownNames(OutputView label)
    {
        if (!label.Graph.LabelList.IsDefaultOrEmpty)
        {
            yield return [.. label.Graph.LabelList.Select(label.Label)];
        }

        if (!metadata.Classes.IsDefault)
        {
            yield return metadata.Classes;
        }
    }

    /// <summary>Whether neither metadata nor file names the classes of a label.</summary>
    public bool IsOpen(OutputView label, ScoreColumns? scores) =>
        metadata.Classes.IsDefault && scores is null or { MapKeys.IsDefaultOrEmpty: true } && label.Graph.LabelList.IsDefaultOrEmpty;

    /// <summary>How many classes a label has, where metadata or file say so.</summary>
    public int? CountOf(OutputView label) =>
        !metadata.Classes.IsDefault ? metadata.Classes.Length : label.Graph.LabelList.IsDefaultOrEmpty ? null : label.Graph.LabelList.Length;

    /// <summary>The <c>classes</c> line to be filled in or confirmed.</summary>
    /// <param name="atLeast">Neither scores nor a list say how many there are: the target's values are proposed when the labels seen are among them, too.</param>
    public string Line(OutputView? label, int count, bool atLeast = false)
    {
        if (target?.Levels is { Length: >= 2 } levels
            && (levels.Length == Math.Max(2, count) || (atLeast && label is not null && Enumerable.Range(0, label.Rows).Select(label.Label).All(levels.Contains))))
        {
            return $"{Proposal.Classes(levels)} (the target's values, sorted as most trainers sort them; bring them into the order of the score columns)";
        }

        return Proposal.MarkedClasses(Math.Max(2, count));
    }

    /// <summary>The classes of a graph with a label.</summary>
    public (ImmutableArray<string> Classes, ImmutableArray<string> Labels) OfLabel(OutputView label, ScoreColumns? scores, ScoreKind kind)
    {
        var seen = Enumerable.Range(0, label.Rows).Select(label.Label).ToHashSet(StringComparer.Ordinal);
        var list = GraphList(label, scores, seen);
        var columns = kind is ScoreKind.Probability or ScoreKind.Logit ? Math.Max(2, scores!.Width) : (int?)null;
        var count = columns ?? list?.Length ?? (metadata.Classes.IsDefault ? Count(seen) : metadata.Classes.Length);
        ImmutableArray<string> classes;
        ImmutableArray<string> labels;
        if (!metadata.Classes.IsDefault)
        {
            classes = metadata.Classes;
            CheckCount(classes.Length, columns, "metadata.classes names");
            labels = list is { } own ? OfList(classes, own, label) : BySeen(classes, label, seen);
        }
        else
        {
            labels = list ?? throw Unknown(
                $"The file does not say what the labels of '{label.Name}' mean; seen {(seen.Count == 1 ? "was" : "were")} {Some(seen)}."
                + (scores is null && label.IsInteger ? $" If the integer is a value, not a label: {OutputRefusals.Regression}." : ""),
                label,
                count,
                atLeast: columns is null);
            classes = scores is { MapKeys.IsDefaultOrEmpty: false } ? [.. scores.MapKeys.Select(key => key.ToString())] : labels;
            if (columns is { } width && classes.Length != width)
            {
                throw Unknown($"The labels of '{label.Name}' come from {classes.Length} values ({Some(classes)}), and there are {width} classes by its scores.", label, width);
            }
        }

        if (seen.FirstOrDefault(text => !labels.Contains(text)) is { } strange)
        {
            throw Unknown($"The graph answered the label '{strange}', which is none of {Some(labels)}.", label, count, atLeast: columns is null && list is null);
        }

        CheckTarget(classes, labels, label, count, atLeast: columns is null && list is null);
        return (classes, labels);
    }

    /// <summary>The classes of a graph without a label.</summary>
    public ImmutableArray<string> OfScores(ScoreColumns scores)
    {
        var count = Math.Max(2, scores.Width);
        ImmutableArray<string> classes;
        if (!metadata.Classes.IsDefault)
        {
            classes = metadata.Classes;
            CheckCount(classes.Length, count, "metadata.classes names");
            if (!scores.MapKeys.IsDefaultOrEmpty)
            {
                CheckOrder(classes, classes, [.. scores.MapKeys.Select(key => key.ToString())]);
            }
        }
        else if (!scores.MapKeys.IsDefaultOrEmpty)
        {
            classes = [.. scores.MapKeys.Select(key => key.ToString())];
        }
        else if (scores.Width > 1 && target?.Levels is { } levels && levels.Length == scores.Width)
        {
            return levels;
        }
        else
        {
            throw Unknown($"{scores.Seen}, and the file does not name its classes.", null, count);
        }

        CheckTarget(classes, [], null, count);
        return classes;
    }

    /// <summary>The graph's own list of labels in the order of the score columns; null when there is none.</summary>
    private static ImmutableArray<string>? GraphList(OutputView label, ScoreColumns? scores, HashSet<string> seen)
    {
        ImmutableArray<string>? own = label.Graph.LabelList.IsDefaultOrEmpty ? null : [.. label.Graph.LabelList.Select(label.Label)];
        if (scores is not { MapKeys.IsDefaultOrEmpty: false })
        {
            return own;
        }

        ImmutableArray<string> keys = [.. scores.MapKeys.Select(label.Label)];
        var otherWords = own is { } list && list.Length == keys.Length && !list.ToHashSet(StringComparer.Ordinal).SetEquals(keys) && seen.IsSubsetOf(list);
        return otherWords ? own : keys;
    }

    private static ImmutableArray<string> OfList(ImmutableArray<string> classes, ImmutableArray<string> own, OutputView label)
    {
        CheckCount(classes.Length, own.Length, "metadata.classes names");
        CheckOrder(classes, Named(classes, label) ?? classes, own);
        return own;
    }

    private static void CheckOrder(ImmutableArray<string> classes, ImmutableArray<string> asLabels, ImmutableArray<string> own)
    {
        if (!asLabels.SequenceEqual(own) && asLabels.ToHashSet(StringComparer.Ordinal).SetEquals(own))
        {
            var detail = "metadata.classes are the graph's own labels in another order: "
                + $"its columns are {Some(own)}. Drop \"classes\", or say {Proposal.Classes(own.Select(label => classes[asLabels.IndexOf(label)]))}.";
            throw new MlOpsException(ErrorCode.InvalidMetadata, detail, [new Fault("/metadata/classes", detail)]);
        }
    }

    // Without a list: by name where each label seen is a class, by position where each is an integer below their number.
    private ImmutableArray<string> BySeen(ImmutableArray<string> classes, OutputView label, HashSet<string> seen)
    {
        var byName = Named(classes, label);
        ImmutableArray<string> byPosition = [.. Enumerable.Range(0, classes.Length).Select(index => index.ToString(CultureInfo.InvariantCulture))];
        var nameFits = byName is { } names && seen.IsSubsetOf(names);
        var trueAndFalse = label.Type == ElementType.Bool && classes.All(name => Cell.Flag(name) is not null);
        var positionFits = label.Type != ElementType.String && !trueAndFalse && seen.IsSubsetOf(byPosition);
        if (nameFits && positionFits && !byName!.Value.SequenceEqual(byPosition))
        {
            var detail = $"The labels seen, {Some(seen)}, can be the names of classes or their positions from 0, and these differ: "
                + $"{(target is null ? "send a baseline with" : "the baseline needs")} rows that show which, such as ones whose label is no position below {classes.Length}, or no name. Or name \"classes\" as the graph's labels.";
            throw new MlOpsException(ErrorCode.ClassesUnknown, detail, [new Fault("/metadata/classes", detail)]);
        }

        return nameFits ? byName!.Value
            : positionFits ? byPosition
            : throw Unknown($"The graph answered the labels {Some(seen)}, which are neither the classes {Some(classes)} nor their positions from 0.", label, classes.Length);
    }

    // A boolean label is called by what its class means as a boolean.
    private static ImmutableArray<string>? Named(ImmutableArray<string> classes, OutputView label)
    {
        if (label.Type != ElementType.Bool)
        {
            return classes;
        }

        var flags = classes.Select(name => Cell.Flag(name) is { } flag ? (flag ? "1" : "0") : name is "0" or "1" ? name : null).ToList();
        return flags.TrueForAll(flag => flag is not null) ? [.. flags.OfType<string>()] : null;
    }

    private void CheckTarget(ImmutableArray<string> classes, ImmutableArray<string> labels, OutputView? label, int count, bool atLeast = false)
    {
        if (target is null)
        {
            return;
        }

        var match = new ClassMatch(classes, labels);
        var strange = target.Levels is { } levels
            ? levels.FirstOrDefault(level => match.Find(level) < 0)
            : Enumerable.Range(0, target.Rows).Select(target.Text).OfType<string>().FirstOrDefault(text => match.Find(text) < 0);
        if (strange is not null)
        {
            throw Unknown(
                $"The target '{target.Name}' has the value '{strange}', which is none of the classes {Some(classes)}{(labels.IsEmpty || labels.SequenceEqual(classes) ? "" : $" (the graph's labels are {Some(labels)})")}.",
                label,
                count,
                atLeast);
        }
    }

    private static void CheckCount(int named, int? needed, string who)
    {
        if (needed is { } count && named != count)
        {
            var detail = $"{who} {named} classes, and the graph has {count}.";
            throw new MlOpsException(ErrorCode.InvalidMetadata, detail, [new Fault("/metadata/classes", detail)]);
        }
    }

    private static int Count(HashSet<string> seen) =>
        Math.Max(seen.Count, seen.Max(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var position) && position < 100 ? position + 1 : 0));

    private MlOpsException Unknown(string why, OutputView? label, int count, bool atLeast = false)
    {
        var detail = $"{why} Name the classes in the order of the score columns, or of the graph's labels: {Line(label, count, atLeast)}.";
        return new MlOpsException(ErrorCode.ClassesUnknown, detail, [new Fault("/metadata/classes", detail)]);
    }

    private static string Some(IEnumerable<string> names)
    {
        var list = names is HashSet<string> seen ? seen.Order(StringComparer.Ordinal).ToList() : [.. names];
        return $"{string.Join(", ", list.Take(20).Select(name => $"'{name}'"))}{(list.Count > 20 ? ", …" : "")}";
    }
}
