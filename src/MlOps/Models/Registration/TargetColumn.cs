using System.Collections.Immutable;
using System.Text;

namespace MlOps.Models.Registration;

/// <summary>The baseline's target: what each row was in truth, and what its values say about the task.</summary>
internal sealed class TargetColumn
{
    private readonly TableColumn column;

    private TargetColumn(TableColumn column)
    {
        this.column = column;
        IsText = column.Counts.IsText;
        Levels = Registration.Levels.Values(column)?.Select(value => value.ToString()).Where(name => IsText || !name.Equals("nan", StringComparison.OrdinalIgnoreCase)).ToImmutableArray();
    }

    public string Name => column.Name;

    public bool IsText { get; }

    /// <summary>Its different values, sorted, as names of classes; null when they are too many to be classes.</summary>
    public ImmutableArray<string>? Levels { get; }

    /// <summary>The target says classification: it is text, boolean or two-valued.</summary>
    public bool SaysClassification => IsText || column.Counts.IsBoolean || Levels is { Length: 2 };

    public string Described => IsText ? "text" : column.Counts.IsBoolean ? "true and false" : Levels is { Length: 2 } two ? $"{two[0]} and {two[1]}" : "numbers";

    public int Rows => column.Rows;

    /// <summary>The target of a row as the name of a class would be written; null when it is missing.</summary>
    public string? Text(int row)
    {
        var cell = column[row];
        if (cell.IsEmpty || (!IsText && Cell.IsNaN(cell)))
        {
            return null;
        }

        return IsText ? Encoding.UTF8.GetString(cell) : Cell.Number(cell)?.ToString() ?? Encoding.UTF8.GetString(cell);
    }

    public double? Number(int row) => Cell.Number(column[row])?.AsNumber ?? (Cell.Flag(column[row]) is { } flag ? (flag ? 1 : 0) : null);

    /// <exception cref="MlOpsException"><see cref="ErrorCode.InvalidMetadata"/> when the header lacks the target.</exception>
    public static TargetColumn? Of(ModelMetadata metadata, BaselineTable? baseline)
    {
        if (metadata.Target is not { } target || baseline is null)
        {
            return null;
        }

        return baseline.Find(target) is { } column
            ? new TargetColumn(column)
            : throw new MlOpsException(
                ErrorCode.InvalidMetadata,
                $"The target '{target}' is no column of the {baseline.Part}: {NearestName.Propose(target, baseline.NamesWithout(null))}",
                [new Fault("/metadata/target", $"'{target}' is no column of the {baseline.Part}.")]);
    }

    /// <summary>The target in a reference, where it may be left out.</summary>
    public static TargetColumn? In(BaselineTable reference, string? target) => target is not null && reference.Find(target) is { } column ? new TargetColumn(column) : null;
}
