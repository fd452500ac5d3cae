using MlOps.Models;
using MlOps.Models.Registration;

namespace MlOps.Metrics;

/// <summary>What a row is predicted as, or turned out to be: a class of the model, by its place in <see cref="OutputSpec.Classes"/>, or a finite number.</summary>
public readonly record struct Target
{
    private Target(int @class, double number) => (Class, Number) = (@class, number);

    public bool IsClass => Class >= 0;

    /// <summary>−1 for a number.</summary>
    public int Class { get; }

    public double Number { get; }

    public static Target OfClass(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        return new Target(index, 0);
    }

    public static Target OfNumber(double value) =>
        double.IsFinite(value) ? new Target(-1, value) : throw new ArgumentOutOfRangeException(nameof(value), value, "A target is finite.");
}

/// <summary>Understands the actuals that callers send for a model. Immutable.</summary>
public sealed class TargetReader
{
    private const int MostNamed = 20;

    private readonly OutputSpec output;
    private readonly ClassMatch match;

    public TargetReader(OutputSpec output) => (this.output, match) = (output, new ClassMatch(output.Classes, output.GraphLabels));

    /// <summary>A class by name, by the graph's label, by equal number, or as a boolean in any case; of a regression a number.</summary>
    /// <param name="fault">What is wrong, for a person; null when it is understood.</param>
    public Target? Read(Scalar actual, out string? fault)
    {
        fault = null;
        if (output.Task == ModelTask.Regression)
        {
            if (actual.Kind is ScalarKind.Integer or ScalarKind.Number && double.IsFinite(actual.AsNumber!.Value))
            {
                return Target.OfNumber(actual.AsNumber.Value);
            }

            fault = "'actual' must be a finite number: the model is a regression.";
            return null;
        }

        if (!actual.IsNull && match.Find(actual.ToString()) is >= 0 and var found)
        {
            return Target.OfClass(found);
        }

        var more = output.Classes.Length > MostNamed ? $", … ({output.Classes.Length} in all)" : "";
        fault = $"'actual' must be one of the model's classes: {string.Join(", ", output.Classes.Take(MostNamed))}{more}.";
        return null;
    }
}
