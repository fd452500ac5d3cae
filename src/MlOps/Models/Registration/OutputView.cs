using System.Collections.Immutable;
using System.Globalization;

namespace MlOps.Models.Registration;

/// <summary>One output of a graph as its runs showed it: what every row of the sample got.</summary>
/// <param name="Width">Values per row; 0 when it has no fixed number of them for each row.</param>
/// <param name="Values">Half[], float[], double[], int[], long[], bool[] or string[], row-major.</param>
internal sealed record OutputView(GraphOutput Graph, ElementType Type, int Width, Array Values)
{
    public string Name => Graph.Name;

    public bool IsFloat => Width > 0 && Type is ElementType.Float or ElementType.Double or ElementType.Float16;

    /// <summary>A column that can name classes: integers, booleans or texts.</summary>
    public bool CanBeLabel => Width == 1 && Type is ElementType.Int32 or ElementType.Int64 or ElementType.Bool or ElementType.String;

    public bool IsInteger => Type is ElementType.Int32 or ElementType.Int64;

    public int Rows => Width == 0 ? 0 : Values.Length / Width;

    /// <summary>A value as a number; integers and booleans too.</summary>
    public double Number(int row, int column) => Values switch
    {
        float[] typed => typed[(row * Width) + column],
        double[] typed => typed[(row * Width) + column],
        Half[] typed => (double)typed[(row * Width) + column],
        long[] typed => typed[(row * Width) + column],
        int[] typed => typed[(row * Width) + column],
        bool[] typed => typed[(row * Width) + column] ? 1 : 0,
        _ => double.NaN,
    };

    /// <summary>An integer or boolean label, exactly.</summary>
    public long Whole(int row) => Values switch
    {
        long[] typed => typed[row],
        int[] typed => typed[row],
        bool[] typed => typed[row] ? 1 : 0,
        _ => 0,
    };

    /// <summary>A label as the signature writes it: a boolean as 0 or 1.</summary>
    public string Label(int row) => Values switch
    {
        long[] typed => typed[row].ToString(CultureInfo.InvariantCulture),
        int[] typed => typed[row].ToString(CultureInfo.InvariantCulture),
        bool[] typed => typed[row] ? "1" : "0",
        string[] typed => typed[row],
        _ => "",
    };

    /// <summary>A value of the graph's own lists, as the signature writes labels of this output.</summary>
    public string Label(Scalar value) => Type == ElementType.Bool && value.AsInteger is { } flag ? flag.ToString(CultureInfo.InvariantCulture) : value.ToString();

    public string Describe() => Width == 1 ? $"'{Name}'" : $"'{Name}' ({Width} columns)";

    /// <summary>The rows of several views of one output, one after the other.</summary>
    public static OutputView Join(ImmutableArray<OutputView> parts)
    {
        if (parts.Length == 1)
        {
            return parts[0];
        }

        var length = parts.Sum(part => part.Values.Length);
        var values = Array.CreateInstance(parts[0].Values.GetType().GetElementType()!, length);
        var at = 0;
        foreach (var part in parts)
        {
            part.Values.CopyTo(values, at);
            at += part.Values.Length;
        }

        return parts[0] with { Values = values };
    }
}
