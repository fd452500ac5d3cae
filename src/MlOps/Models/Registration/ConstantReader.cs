using System.Collections.Immutable;
using System.Text.Json;

namespace MlOps.Models.Registration;

/// <summary>Reads the values of <c>metadata.constants</c> in the shape and type of their inputs.</summary>
/// <param name="batchIsFree">Other inputs take any number of rows: one fixed at 1 is then a tensor of its own, not a row.</param>
internal sealed class ConstantReader(FaultList faults, bool batchIsFree)
{
    public FeedInput Read(GraphInput input, int index, ConstantEntry constant)
    {
        var type = input.Type ?? ElementType.Float;
        if (input.Type is null)
        {
            faults.Add(constant.Pointer, $"'{input.Name}' is {input.TypeName}, which cannot be fed: {InputRefusals.Of(input)}");
        }

        var values = ImmutableArray.CreateBuilder<Scalar>();
        if (Shape(constant.Value, values) is not { } shape)
        {
            faults.Add(constant.Pointer, $"The constant '{input.Name}' is not rectangular: all lists of a level need the same length, and hold numbers, texts or booleans.");
            return new FeedInput(index, input.Name, type, 2, 1, new ConstantSpec(false, [], []));
        }

        if (values.FirstOrDefault(value => !Fits(value, type)) is { IsNull: false } wrong)
        {
            faults.Add(constant.Pointer, $"The constant '{input.Name}' holds '{wrong}', and the input takes {Word(type)}.");
        }

        var declared = input.Dims.IsDefault ? [.. shape.Select(size => (long?)size)] : input.Dims.Select(GraphInputs.Size).ToImmutableArray();
        var perRow = !input.Dims.IsDefaultOrEmpty && (declared[0] is null || (declared[0] == 1 && !batchIsFree));
        return perRow
            ? Row(input, index, type, declared, shape, values.ToImmutable(), constant)
            : Whole(input, index, type, declared, shape, values.ToImmutable(), constant);
    }

    // The first dimension is the batch: k values, flat or as one row, or one value for all of them.
    private FeedInput Row(
        GraphInput input, int index, ElementType type, ImmutableArray<long?> declared, ImmutableArray<long> shape, ImmutableArray<Scalar> values, ConstantEntry constant)
    {
        var known = declared.Skip(1).All(size => size is not null);
        var width = known ? declared.Skip(1).Aggregate(1L, (product, size) => product * size!.Value) : values.Length;
        var nested = shape.Length > 1;
        var isRow = !nested || (shape[0] == 1 && shape.Length == declared.Length && shape.Zip(declared).Skip(1).All(size => size.Second is null || size.Second == size.First));
        if (shape.IsEmpty && values.Length == 1 && known && width <= 1 << 20)
        {
            values = [.. Enumerable.Repeat(values[0], (int)width)];
        }
        else if (!isRow || values.Length != width || width == 0)
        {
            faults.Add(
                constant.Pointer,
                $"The constant '{input.Name}' is repeated for every row: give the {width} value{(width == 1 ? "" : "s")} of one row, flat or as one row, or one value for all; it has the shape [{string.Join(", ", shape)}].");
        }

        return new FeedInput(index, input.Name, type, declared.Length, values.Length, new ConstantSpec(true, [1, .. declared.Skip(1).Select((size, dim) => size ?? (nested && isRow ? shape[dim + 1] : values.Length))], values));
    }

    private FeedInput Whole(
        GraphInput input, int index, ElementType type, ImmutableArray<long?> declared, ImmutableArray<long> shape, ImmutableArray<Scalar> values, ConstantEntry constant)
    {
        if (shape.Length != declared.Length || shape.Where((size, dim) => declared[dim] is { } expected && expected != size).Any())
        {
            faults.Add(
                constant.Pointer,
                $"The constant '{input.Name}' has the shape [{string.Join(", ", shape)}] and needs [{string.Join(", ", declared.Select(size => size?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "any"))}]: nest the lists exactly so.");
        }

        return new FeedInput(index, input.Name, type, shape.Length, Math.Max(1, values.Length), new ConstantSpec(false, shape, values));
    }

    // The sizes of the nested lists, filling in the values on the way; null when they differ, or an element is neither list nor value.
    private static ImmutableArray<long>? Shape(JsonElement element, ImmutableArray<Scalar>.Builder values)
    {
        if (element.ValueKind != JsonValueKind.Array)
        {
            if (Scalar.From(element) is not { IsNull: false } value)
            {
                return null;
            }

            values.Add(value);
            return [];
        }

        ImmutableArray<long>? inner = null;
        foreach (var item in element.EnumerateArray())
        {
            var shape = Shape(item, values);
            if (shape is null || (inner is { } other && !other.SequenceEqual(shape.Value)))
            {
                return null;
            }

            inner = shape;
        }

        return inner is null ? null : [element.GetArrayLength(), .. inner.Value];
    }

    internal static bool Fits(Scalar value, ElementType type) => type switch
    {
        ElementType.String => value.Kind == ScalarKind.Text,
        ElementType.Bool => value.Kind == ScalarKind.Boolean || value.AsInteger is 0 or 1,
        ElementType.Int64 => value.Kind is ScalarKind.Integer or ScalarKind.Number && value.AsInteger is not null,
        ElementType.Int32 => value.Kind is ScalarKind.Integer or ScalarKind.Number && value.AsInteger is >= int.MinValue and <= int.MaxValue,
        ElementType.Float => value.Kind is ScalarKind.Integer or ScalarKind.Number && float.IsFinite((float)value.AsNumber!.Value),
        ElementType.Float16 => value.Kind is ScalarKind.Integer or ScalarKind.Number && Half.IsFinite((Half)value.AsNumber!.Value),
        _ => value.Kind is ScalarKind.Integer or ScalarKind.Number,
    };

    internal static string Word(ElementType type) => type switch
    {
        ElementType.String => "text",
        ElementType.Bool => "true and false",
        ElementType.Int32 => "32-bit integers",
        ElementType.Int64 => "64-bit integers",
        ElementType.Float16 => "16-bit floats",
        ElementType.Float => "32-bit floats",
        _ => "64-bit floats",
    };
}
