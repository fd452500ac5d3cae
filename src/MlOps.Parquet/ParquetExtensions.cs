using MlOps.Models;
using MlOps.Models.Registration;

namespace MlOps;

/// <summary>Parquet for the process that checks files.</summary>
public static class ParquetExtensions
{
    /// <summary>The reader of Parquet files. It runs native code over what was uploaded: never in the serving process.</summary>
    public static IParquetReader Reader { get; } = new ParquetReader();
}
