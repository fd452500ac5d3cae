namespace MlOps.Models.Registration;

/// <summary>How many cells of a column are what.</summary>
/// <param name="NaN">Cells <c>NaN</c>: missing when the column is numeric.</param>
/// <param name="Numbers">Numbers other than 0 and 1.</param>
/// <param name="Bits">0 and 1.</param>
/// <param name="Flags">true and false in any case.</param>
/// <param name="Fractions">Numbers that are not whole; counted among <paramref name="Numbers"/>.</param>
/// <param name="FirstText">Row of the first other text; −1 when there is none.</param>
internal sealed record CellCounts(int Empty, int NaN, int Numbers, int Bits, int Flags, int Texts, int Fractions, int FirstText)
{
    public bool IsBoolean => Flags > 0 && Texts == 0 && Numbers == 0;

    public bool IsText => Texts > 0;

    public static CellCounts Of(TableColumn column)
    {
        var (empty, nan, numbers, bits, flags, texts, fractions, firstText) = (0, 0, 0, 0, 0, 0, 0, -1);
        for (var row = 0; row < column.Rows; row++)
        {
            var cell = column[row];
            if (cell.IsEmpty)
            {
                empty++;
            }
            else if (Cell.Number(cell) is { } number)
            {
                _ = number.AsInteger is 0 or 1 ? bits++ : numbers++;
                fractions += number.AsInteger is null ? 1 : 0;
            }
            else if (Cell.IsNaN(cell))
            {
                nan++;
            }
            else if (Cell.Flag(cell) is not null)
            {
                flags++;
            }
            else
            {
                firstText = texts++ == 0 ? row : firstText;
            }
        }

        return new CellCounts(empty, nan, numbers, bits, flags, texts, fractions, firstText);
    }
}
