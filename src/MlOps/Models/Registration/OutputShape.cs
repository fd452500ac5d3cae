using System.Collections.Immutable;

namespace MlOps.Models.Registration;

/// <summary>How many values a row gets of an output, told by runs of one and of three rows: what files declare is often wrong.</summary>
internal static class OutputShape
{
    /// <param name="one">The output of a run of one row.</param>
    /// <param name="three">Of three rows; null where rows run alone.</param>
    /// <returns>0 when there is no fixed number of values for each row: a constant, or a matrix.</returns>
    public static int Width(GraphOutput graph, Tensor one, Tensor? three)
    {
        if (graph.IsConstant || one.Values.Length == 0 || IsMatrix(one.Shape))
        {
            return 0;
        }

        var width = one.Values.Length;
        if (three is null)
        {
            return width;
        }

        // Columns that lie in the first dimension are told by the run of one row: three of them would pass for three rows.
        var rowsFirst = three.Shape.Length > 0 && three.Shape[0] == 3 && (one.Shape.Length < 2 || one.Shape[0] == 1);
        return three.Values.Length == 3 * width && (rowsFirst || width == 1) && !IsMatrix(three.Shape) ? width : 0;
    }

    // More than one dimension beyond the batch.
    private static bool IsMatrix(ImmutableArray<long> shape) => shape.Skip(1).Count(size => size != 1) > 1;
}
