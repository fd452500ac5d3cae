using System.Text;

namespace MlOps.Models.Registration;

/// <summary>Reads the cells of one column as the values of one feature, as a caller would send them.</summary>
internal sealed class CellReader
{
    private readonly TableColumn column;
    private readonly FeatureSpec feature;
    private readonly bool isText;
    private readonly HashSet<string>? levels;
    private readonly HashSet<double>? numbers;
    private readonly bool isNumericIndex;

    public CellReader(TableColumn column, FeatureSpec feature, ElementType input)
    {
        (this.column, this.feature) = (column, feature);
        isText = feature.Type == FeatureType.Text || (input == ElementType.String && feature.Domain.IsDefault);
        if (feature.Type == FeatureType.Categorical && !feature.Domain.IsDefault && (feature.IndexEncoded || input == ElementType.String))
        {
            levels = feature.Domain.Select(value => value.ToString()).ToHashSet(StringComparer.Ordinal);
            isNumericIndex = feature.IndexEncoded && Levels.AreNumbers(feature.Domain);
            numbers = levels.Select(level => Cell.Number(level)?.AsNumber).OfType<double>().ToHashSet();
        }
    }

    public Scalar this[int row]
    {
        get
        {
            var cell = column[row];
            if (cell.IsEmpty)
            {
                return Scalar.Null;
            }

            if (isText)
            {
                return Scalar.Of(Encoding.UTF8.GetString(cell));
            }

            return levels is null ? Value(cell) : Level(cell);
        }
    }

    private Scalar Value(ReadOnlySpan<byte> cell)
    {
        if (Cell.Number(cell) is { } number)
        {
            return number;
        }

        if (Cell.IsNaN(cell))
        {
            return Scalar.Null;
        }

        return Cell.Flag(cell) is { } flag ? Scalar.Of(flag) : Scalar.Of(Encoding.UTF8.GetString(cell));
    }

    // A text that is a level; else what is equal to one as a number: 5.0 to the level 5.
    private Scalar Level(ReadOnlySpan<byte> cell)
    {
        var text = Encoding.UTF8.GetString(cell);
        if (levels!.Contains(text))
        {
            return Scalar.Of(text);
        }

        if (isNumericIndex && Cell.IsNaN(cell))
        {
            return Scalar.Null;
        }

        if (Cell.Number(cell) is { } number && numbers!.Contains(number.AsNumber!.Value))
        {
            return number;
        }

        return Cell.Flag(cell) is { } flag && (levels.Contains("true") || levels.Contains("false")) ? Scalar.Of(flag) : Scalar.Of(text);
    }
}
