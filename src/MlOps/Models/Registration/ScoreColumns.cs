using System.Collections.Immutable;
using System.Globalization;

namespace MlOps.Models.Registration;

/// <summary>The columns that hold a model's scores: one output of K, or K outputs of one.</summary>
internal sealed class ScoreColumns
{
    private const double Rounding = 1e-5;

    private readonly ImmutableArray<OutputView> views;

    public ScoreColumns(ImmutableArray<OutputView> views)
    {
        this.views = views;
        Width = views.Sum(view => view.Width);
        Finite = [.. Enumerable.Range(0, views[0].Rows).Where(row => Enumerable.Range(0, Width).All(column => double.IsFinite(this[row, column])))];
    }

    public ImmutableArray<string> Names => [.. views.Select(view => view.Name)];

    /// <summary>Score columns of a row: K.</summary>
    public int Width { get; }

    /// <summary>Rows whose scores are all finite.</summary>
    public ImmutableArray<int> Finite { get; }

    public ImmutableArray<Scalar> MapKeys => views is [var only] ? only.Graph.MapKeys : default;

    /// <summary>It comes from a Sigmoid, a Softmax or a classifier node.</summary>
    public bool FromProbabilityNode => views.All(view => view.Graph.FromProbabilityNode);

    public double this[int row, int column] => views is [var only] ? only.Number(row, column) : views[column].Number(row, 0);

    public (double Least, double Most) Range
    {
        get
        {
            var all = Finite.SelectMany(row => Enumerable.Range(0, Width).Select(column => this[row, column])).ToList();
            return all.Count == 0 ? (double.NaN, double.NaN) : (all.Min(), all.Max());
        }
    }

    public (double Least, double Most) Sums
    {
        get
        {
            var sums = Finite.Select(row => Enumerable.Range(0, Width).Sum(column => this[row, column])).ToList();
            return sums.Count == 0 ? (double.NaN, double.NaN) : (sums.Min(), sums.Max());
        }
    }

    /// <summary>Within [0, 1], but for the rounding of sums in 32 bits: a forest that adds up a hundred trees answers 1.0000005.</summary>
    public bool IsWithinUnit => Range is { Least: >= -Rounding, Most: <= 1 + Rounding };

    /// <summary>Columns within [0, 1] that add up to 1.</summary>
    public bool AddUp(double tolerance) => IsWithinUnit && Math.Abs(Sums.Least - 1) <= tolerance && Math.Abs(Sums.Most - 1) <= tolerance;

    /// <summary>What tells probabilities without being told: columns by their sum, a single one only by the node that it comes from.</summary>
    public bool AreProbabilities => Finite.Length > 0 && (Width > 1 ? AddUp(1e-4) : FromProbabilityNode && IsWithinUnit);

    /// <summary>Two columns, one the other's negative in every row.</summary>
    public bool AreOpposite => Width == 2 && Finite.All(row => Math.Abs(this[row, 0] + this[row, 1]) <= 1e-6);

    /// <summary>What was seen, for a person.</summary>
    public string Seen
    {
        get
        {
            var (least, most) = Range;
            var name = string.Join(", ", Names.Select(one => $"'{one}'"));
            if (Finite.IsEmpty)
            {
                return $"{name} is never finite";
            }

            if (Width == 1)
            {
                return $"{name} holds one value for each row, between {Number(least)} and {Number(most)}";
            }

            var (low, high) = Sums;
            return $"{name} {(Names.Length == 1 ? "holds" : "hold")} {Width} columns with values between {Number(least)} and {Number(most)}, which add up to between {Number(low)} and {Number(high)}";
        }
    }

    public static string Number(double value) => value.ToString("G6", CultureInfo.InvariantCulture);
}
