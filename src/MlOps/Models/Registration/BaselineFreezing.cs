using System.Collections;
using System.Collections.Immutable;
using MlOps.Drift;

namespace MlOps.Models.Registration;

/// <summary>Freezes the distributions of a baseline, feature by feature, over all of its kept rows.</summary>
internal static class BaselineFreezing
{
    /// <param name="progress">Told the share of the features that are done.</param>
    public static ImmutableArray<FeatureBins?> Features(ModelSignature signature, BaselineTable baseline, Action<double>? progress, CancellationToken cancellation) =>
    [
        .. signature.Features.Select((feature, index) =>
        {
            cancellation.ThrowIfCancellationRequested();
            progress?.Invoke((double)index / signature.Features.Length);
            return baseline.Find(feature.Name) is { } column ? Feature(feature, signature.Inputs[feature.Input].Type, column) : null;
        }),
    ];

    /// <summary>The shares of the classes in the target; null where there are none to count.</summary>
    public static PredictionBins? TrainingLabels(OutputSpec output, TargetColumn? target)
    {
        if (output.Task != ModelTask.Classification || target is null)
        {
            return null;
        }

        var match = new ClassMatch(output.Classes, output.GraphLabels);
        string[] labels = [.. Enumerable.Range(0, target.Rows).Select(target.Text).OfType<string>().Select(match.Find).Where(found => found >= 0).Select(found => output.Classes[found])];
        return labels.Length == 0 ? null : new PredictionBins("training_labels", labels.Length, FeatureBinning.Freeze(FeatureType.Categorical, labels), null, null);
    }

    private static FeatureBins Feature(FeatureSpec feature, ElementType input, TableColumn column)
    {
        var cells = new CellReader(column, feature, input);
        if (feature.IndexEncoded || input == ElementType.String)
        {
            var names = new LevelNames(feature);
            return FeatureBinning.Freeze(feature.Type, new CellTexts(column.Rows, row => names.Of(cells[row])));
        }

        var numbers = new double[column.Rows];
        for (var row = 0; row < numbers.Length; row++)
        {
            numbers[row] = cells[row].AsNumber ?? double.NaN;
        }

        return FeatureBinning.Freeze(feature.Type, (ReadOnlySpan<double>)numbers);
    }

    /// <summary>The texts of a column, made when they are asked for: a million of them are not held at once.</summary>
    private sealed class CellTexts(int rows, Func<int, string?> text) : IReadOnlyCollection<string?>
    {
        public int Count => rows;

        public IEnumerator<string?> GetEnumerator() => Enumerable.Range(0, rows).Select(text).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}

/// <summary>What a level is called however a cell writes it: 5.0 is the level 5.</summary>
internal sealed class LevelNames
{
    private readonly Dictionary<double, string> byNumber = [];
    private readonly bool isText;

    public LevelNames(FeatureSpec feature)
    {
        isText = feature.Type == FeatureType.Text;
        foreach (var level in feature.Domain.IsDefault ? [] : feature.Domain)
        {
            if (Cell.Number(level.ToString())?.AsNumber is { } number)
            {
                byNumber.TryAdd(number, level.ToString());
            }
        }
    }

    public string? Of(Scalar value)
    {
        if (value.IsNull)
        {
            return null;
        }

        return !isText && value.Kind != ScalarKind.Text && value.AsNumber is { } number && byNumber.TryGetValue(number, out var name) ? name : value.ToString();
    }
}
