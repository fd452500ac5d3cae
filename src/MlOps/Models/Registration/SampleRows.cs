using System.Collections.Immutable;

namespace MlOps.Models.Registration;

/// <summary>The rows that a model is tried on.</summary>
/// <param name="Rows">One value for each feature, as a caller would send it.</param>
/// <param name="TableRows">The row of the baseline each comes from; empty for made-up rows.</param>
/// <param name="Different">How many rows there were before repeating them to three.</param>
/// <param name="IsMadeUp">Some values are no one's: there is no baseline, or it lacks a feature.</param>
internal sealed record SampleRows(ImmutableArray<Scalar[]> Rows, ImmutableArray<int> TableRows, int Different, bool IsMadeUp)
{
    public const int Most = 1_000;
    private const int Least = 3;

    private static readonly double[] MadeUpNumbers = [0.1, 1, -1.7];

    /// <exception cref="MlOpsException"><see cref="ErrorCode.InvalidBaseline"/> when no row of the baseline may be fed.</exception>
    public static SampleRows Of(ModelSignature signature, BaselineTable? baseline, RowFeeder feeder, List<string> warnings)
    {
        if (baseline is null)
        {
            return new SampleRows([.. Enumerable.Range(0, Least).Select(row => MadeUpRow(signature, row))], [], Least, true);
        }

        var reader = new TableRows(signature, baseline);
        var picked = new List<int>();
        var rows = new List<Scalar[]>();
        string? refused = null;
        var left = 0;
        foreach (var row in Spaced(baseline.Rows, Most))
        {
            Take(row);
        }

        // Where hardly any of the spaced rows may be fed, the others are looked through.
        for (var row = 0; row < baseline.Rows && rows.Count < Least && baseline.Rows > Most; row++)
        {
            if (!picked.Contains(row))
            {
                Take(row);
            }
        }

        if (rows.Count == 0)
        {
            throw new MlOpsException(
                ErrorCode.InvalidBaseline, $"No row of the baseline may be fed to the model; the first may not because {refused}", [new Fault("/baseline", refused!)]);
        }

        if (left > 0)
        {
            warnings.Add($"{left} of the {left + rows.Count} baseline rows that were tried may not be fed and were left out, the first because {refused}");
        }

        var different = rows.Count;
        for (var index = 0; rows.Count < Least; index++)
        {
            rows.Add(rows[index]);
            picked.Add(picked[index]);
        }

        return new SampleRows([.. rows], [.. picked], different, reader.Lacks);

        void Take(int row)
        {
            var values = reader.Read(row, rows.Count);
            if (feeder.Fault(values) is { } fault)
            {
                refused ??= $"row {row + 1}: {fault}";
                left++;
                return;
            }

            picked.Add(row);
            rows.Add(values);
        }
    }

    /// <summary>At most <paramref name="most"/> of so many rows, evenly spaced.</summary>
    public static IEnumerable<int> Spaced(int rows, int most) =>
        rows <= most ? Enumerable.Range(0, rows) : Enumerable.Range(0, most).Select(index => (int)((long)index * rows / most));

    /// <summary>The value that a feature takes when nothing is known of it.</summary>
    public static Scalar MadeUp(FeatureSpec feature, int index, ElementType input, int row) => feature switch
    {
        { Domain.IsDefaultOrEmpty: false } => feature.Domain[0],
        { Type: FeatureType.Boolean } => Scalar.Of(false),
        _ => input switch
        {
            ElementType.String => Scalar.Of(""),
            ElementType.Bool => Scalar.Of(false),
            ElementType.Int32 or ElementType.Int64 => Scalar.Of(0L),
            _ => Scalar.Of(MadeUpNumbers[row % MadeUpNumbers.Length] * (1 + (index % 7))),
        },
    };

    private static Scalar[] MadeUpRow(ModelSignature signature, int row) =>
        [.. signature.Features.Select((feature, index) => MadeUp(feature, index, signature.Inputs[feature.Input].Type, row))];
}
