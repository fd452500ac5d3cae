using System.Collections.Immutable;
using System.Globalization;
using MlOps.Format;

namespace MlOps.Models;

/// <summary>Finds the labels that a label output picks from.</summary>
internal static class Labels
{
    private static readonly string[] Texts = ["classlabels_strings"];
    private static readonly string[] Integers = ["classlabels_int64s", "classlabels_ints"];

    /// <summary>The label list that a classifier or ZipMap node carries; default when it has none.</summary>
    public static ImmutableArray<Scalar> Carried(NodeProto node)
    {
        foreach (var name in Texts)
        {
            if (node.Attribute(name) is { Strings.Count: > 0 } texts)
            {
                return [.. texts.Strings.Select(text => Scalar.Of(text.ToStringUtf8()))];
            }
        }

        foreach (var name in Integers)
        {
            if (node.Attribute(name) is { Ints.Count: > 0 } integers)
            {
                return [.. integers.Ints.Select(Scalar.Of)];
            }
        }

        return default;
    }

    /// <summary>The labels behind a value that <see cref="Provenance.Source"/> walked back to <paramref name="source"/>, as the casts on that way leave them.</summary>
    public static ImmutableArray<Scalar> Behind(GraphValue source, IReadOnlyList<int> casts)
    {
        var labels = source.Node switch
        {
            { } node when node.IsClassifier() && source.Output == 0 => Carried(node),
            { } node when node.Is(Operators.MachineLearning, "ArrayFeatureExtractor") && source.Input(0) is { } picked => Constant(picked),
            _ => default,
        };
        return AsCast(labels, casts);
    }

    private static ImmutableArray<Scalar> Constant(GraphValue value)
    {
        var casts = new List<int>();
        return AsCast(ConstantTensor.Read(Provenance.Source(value, casts)), casts);
    }

    // The walk met the last cast first.
    private static ImmutableArray<Scalar> AsCast(ImmutableArray<Scalar> labels, IReadOnlyList<int> casts)
    {
        for (var i = casts.Count - 1; i >= 0 && !labels.IsDefault; i--)
        {
            var cast = labels.Select(label => As(label, casts[i])).ToImmutableArray();
            labels = cast.Any(label => label.IsNull) ? default : cast;
        }

        return labels;
    }

    private static Scalar As(Scalar label, int type) => type switch
    {
        TensorTypes.String => Scalar.Of(label.ToString()),
        TensorTypes.Bool => Number(label) is { } number ? Scalar.Of(number != 0) : Scalar.Null,
        TensorTypes.Int32 or TensorTypes.Int64 => Whole(label) is { } whole ? Scalar.Of(whole) : Scalar.Null,
        _ => label,
    };

    private static double? Number(Scalar label) =>
        label.AsNumber ?? (double.TryParse(label.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed) ? parsed : null);

    private static long? Whole(Scalar label) =>
        label.AsInteger
        ?? (long.TryParse(label.ToString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var parsed) ? parsed
            : Number(label) is { } number && Math.Abs(number) < 1e18 ? (long)number : null);
}
