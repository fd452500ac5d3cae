using System.Collections.Frozen;
using System.Collections.Immutable;
using MlOps.Models;

namespace MlOps.Contributions;

/// <summary>
/// Follows encoded columns back to the features that decide them, through operators that treat each column by itself or only arrange columns. What is found here is held against
/// a run of the graph before it is used.
/// </summary>
internal sealed class ColumnLineage(ModelSignature signature)
{
    private const int MostSteps = 10_000;

    /// <summary>Nobody's: the same in every row.</summary>
    private const int Constant = -1;

    // One value in, one value out, at the same place; what further inputs they take is constant.
    private static readonly FrozenSet<string> Elementwise = new[]
    {
        "Abs", "Add", "And", "Cast", "Ceil", "Clip", "Cos", "Div", "Equal", "Erf", "Exp", "Floor", "Greater", "GreaterOrEqual", "Identity", "IsInf", "IsNaN", "Less", "LessOrEqual",
        "Log", "Max", "Min", "Mod", "Mul", "Neg", "Not", "Or", "Pow", "Reciprocal", "Relu", "Round", "Sigmoid", "Sign", "Sin", "Sqrt", "Sub", "Tanh", "Where", "Xor",
        "Binarizer", "Imputer", "LabelEncoder", "Scaler", "StringNormalizer",
    }.ToFrozenSet(StringComparer.Ordinal);

    private int steps;

    /// <summary>For each column of a value the feature that decides it, −1 where none does; default where that cannot be told.</summary>
    public ImmutableArray<int> Of(GraphValue value)
    {
        // A file may share nodes so that this walk doubles with each.
        if (++steps > MostSteps)
        {
            return default;
        }

        if (value.Node is not { } node)
        {
            return value.Initializer is null && signature.Inputs.FirstOrDefault(input => input.Name == value.Name) is { } input ? Of(input) : default;
        }

        return node.OpType switch
        {
            "Concat" or "FeatureVectorizer" => Joined(value),
            "OneHotEncoder" => Spread(value),
            "ArrayFeatureExtractor" => Picked(value),
            "Gather" when Axis(value) == 1 => Picked(value),
            "Slice" => Sliced(value),
            "Split" => Split(value),
            "Reshape" or "Squeeze" or "Unsqueeze" or "Flatten" or "Dropout" => value.Input(0) is { } before ? Of(before) : default,
            _ when Elementwise.Contains(node.OpType) => Merged(value),
            _ => default,
        };
    }

    private static ImmutableArray<int> Of(InputSpec input) =>
        input.Constant is null ? input.Features : [.. Enumerable.Repeat(Constant, input.Width)];

    private static long Axis(GraphValue value) => value.Node?.Attribute("axis")?.I ?? 0;

    private static ImmutableArray<Scalar> Values(GraphValue? value) => value is { } constant ? ConstantTensor.Read(Provenance.Source(constant)) : default;

    private ImmutableArray<int> Joined(GraphValue value)
    {
        // Of one column each, [N, 1, categories], the last axis is as good: row by row they stand behind each other.
        var axis = value.Node!.OpType == "Concat" ? Axis(value) : 1;
        var parts = Enumerable.Range(0, value.Node.Input.Count).Select(value.Input).ToList();
        var fits = axis == 1
            || (axis is 2 or -1 && parts.TrueForAll(part => part is { } one && IsOneHotOfOne(one)))
            || (axis == -1 && !parts.Exists(part => part is { Node.OpType: "OneHotEncoder" }));
        if (!fits)
        {
            return default;
        }

        var joined = ImmutableArray.CreateBuilder<int>();
        foreach (var part in parts)
        {
            if (part is not { } one || Of(one) is not { IsDefault: false } columns)
            {
                return default;
            }

            joined.AddRange(columns);
        }

        return joined.ToImmutable();
    }

    private bool IsOneHotOfOne(GraphValue value) => value is { Node.OpType: "OneHotEncoder" } && value.Input(0) is { } before && Of(before) is { IsDefault: false, Length: 1 };

    // Each column becomes one for each of its categories.
    private ImmutableArray<int> Spread(GraphValue value)
    {
        var node = value.Node!;
        var categories = node.Attribute("cats_strings")?.Strings.Count is > 0 and var texts ? texts : node.Attribute("cats_int64s")?.Ints.Count ?? 0;
        return value.Input(0) is { } before && Of(before) is { IsDefault: false } columns ? [.. columns.SelectMany(column => Enumerable.Repeat(column, categories))] : default;
    }

    private ImmutableArray<int> Picked(GraphValue value) =>
        value.Input(0) is { } before && Of(before) is { IsDefault: false } columns && Values(value.Input(1)) is { IsDefault: false } places
            && places.All(place => place.AsInteger is { } at && at < columns.Length && at >= -columns.Length)
            ? [.. places.Select(place => (int)place.AsInteger!.Value).Select(at => columns[at < 0 ? at + columns.Length : at])]
            : default;

    // Along the columns, in steps of one.
    private ImmutableArray<int> Sliced(GraphValue value)
    {
        if (value.Input(0) is not { } before || Of(before) is not { IsDefault: false } columns || value.Node!.Attribute("axes") is not null
            || Whole(value.Input(3)) is not (1 or -1) || (value.Input(4) is { } step && Whole(step) != 1) || Whole(value.Input(1)) is not { } start || Whole(value.Input(2)) is not { } end)
        {
            return default;
        }

        var (from, to) = (Place(start, columns.Length), Place(end, columns.Length));
        return from < to ? columns[from..to] : default;
    }

    private ImmutableArray<int> Split(GraphValue value)
    {
        if (Axis(value) is not (1 or -1) || value.Input(0) is not { } before || Of(before) is not { IsDefault: false } columns)
        {
            return default;
        }

        var outputs = value.Node!.Output.Count;
        var told = Values(value.Input(1));
        int[] sizes = value.Input(1) is null
            ? columns.Length % outputs == 0 ? [.. Enumerable.Repeat(columns.Length / outputs, outputs)] : []
            : told.IsDefault ? [] : [.. told.Select(size => (int)(size.AsInteger ?? 0))];
        return sizes.Length == outputs && sizes.All(size => size > 0) && sizes.Sum() == columns.Length
            ? columns.Slice(sizes.Take(value.Output).Sum(), sizes[value.Output])
            : default;
    }

    // A column that two features decide is neither's.
    private ImmutableArray<int> Merged(GraphValue value)
    {
        ImmutableArray<int> merged = default;
        for (var position = 0; position < value.Node!.Input.Count; position++)
        {
            if (value.Input(position) is not { } part || Values(part) is { IsDefault: false })
            {
                continue;
            }

            if (Of(part) is not { IsDefault: false } columns)
            {
                return default;
            }

            merged = merged.IsDefault ? columns : Merge(merged, columns);
            if (merged.IsDefault)
            {
                return default;
            }
        }

        return merged;
    }

    private static ImmutableArray<int> Merge(ImmutableArray<int> some, ImmutableArray<int> others)
    {
        if (some.Length != others.Length || some.Zip(others).Any(pair => pair.First != pair.Second && pair.First != Constant && pair.Second != Constant))
        {
            return default;
        }

        return [.. some.Zip(others, Math.Max)];
    }

    private static long? Whole(GraphValue? value) => Values(value) is { IsDefault: false, Length: 1 } one ? one[0].AsInteger : null;

    private static int Place(long at, int count) => (int)Math.Clamp(at < 0 ? at + count : at, 0, count);
}
