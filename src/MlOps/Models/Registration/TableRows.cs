namespace MlOps.Models.Registration;

/// <summary>Rows of a table as values of a model's features.</summary>
internal sealed class TableRows
{
    private readonly ModelSignature signature;
    private readonly CellReader?[] readers;

    public TableRows(ModelSignature signature, BaselineTable table)
    {
        this.signature = signature;
        readers = [.. signature.Features.Select(feature => table.Find(feature.Name) is { } column ? new CellReader(column, feature, signature.Inputs[feature.Input].Type) : null)];
    }

    /// <summary>Whether the table has no column for some feature, which then takes made-up values.</summary>
    public bool Lacks => readers.Contains(null);

    /// <param name="position">Which of the made-up values a lacking feature takes.</param>
    public Scalar[] Read(int row, int position)
    {
        var values = new Scalar[readers.Length];
        for (var index = 0; index < values.Length; index++)
        {
            values[index] = readers[index] is { } reader
                ? reader[row]
                : SampleRows.MadeUp(signature.Features[index], index, signature.Inputs[signature.Features[index].Input].Type, position);
        }

        return values;
    }

    /// <summary>One feature's value; null where the table has no such column.</summary>
    public CellReader? Column(int feature) => readers[feature];
}
