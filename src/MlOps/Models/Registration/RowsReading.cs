namespace MlOps.Models.Registration;

/// <summary>How much of the rows is read, and with what memory.</summary>
/// <param name="Parquet">Opens Parquet files.</param>
/// <param name="InlineBytes">
/// A larger file is not read whole but looked into: what can be told from its first rows is told, and the whole is left to a job. A Parquet file
/// counts as larger, too, when it unpacks to more than <see cref="MostInlineCells"/>.
/// </param>
/// <param name="SpillFolder">Where the columns lie while they are read, so that memory holds a page of each; null keeps them in memory.</param>
/// <param name="Progress">Told the share of the work that is done.</param>
public sealed record RowsReading(IParquetReader Parquet, long InlineBytes, string? SpillFolder = null, Action<double>? Progress = null)
{
    /// <summary>Rows times columns that are read before an answer.</summary>
    public const long MostInlineCells = 32_000_000;

    /// <summary>Share of a job's time that goes into reading; the rest is understanding and counting.</summary>
    internal const double ReadingShare = 0.7;

    /// <summary>Time for predicting reference rows: a caller waits for the answer, a job can take longer.</summary>
    internal TimeSpan ReferenceTime => SpillFolder is null ? TimeSpan.FromSeconds(5) : TimeSpan.FromSeconds(60);
}
