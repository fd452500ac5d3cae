using MlOps.Models.Registration;
using ParquetSharp;

namespace MlOps.Models;

/// <summary>Opens Parquet files with Apache Arrow's reader.</summary>
internal sealed class ParquetReader : IParquetReader
{
    private const int MostThriftBytes = 16 << 20;
    private const int MostThriftItems = 1 << 20;

    public IParquetFile Open(string part, string path) => Guard(part, () =>
    {
        using var properties = ReaderProperties.WithMemoryPool(MemoryPool.SystemMemoryPool());
        // A column is read page by page, whatever the size of its row group.
        properties.EnableBufferedStream();
        properties.EnablePageChecksumVerification();
        properties.SetThriftStringSizeLimit(MostThriftBytes);
        properties.SetThriftContainerSizeLimit(MostThriftItems);
        var reader = new ParquetFileReader(path, properties);
        try
        {
            return new ParquetFile(part, reader);
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    });

    /// <summary>Says in words of ours that a file is broken.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.InvalidBaseline"/>.</exception>
    public static T Guard<T>(string part, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception broken) when (IsOfTheFile(broken))
        {
            throw Refusal(part, "cannot be read as Parquet: it is damaged, cut off, or encrypted. Write it again, plain, e.g. with pandas' to_parquet, or send CSV.", broken);
        }
        catch (OutOfMemoryException huge)
        {
            throw Refusal(part, "has Parquet pages that unpack to more memory than is allowed: write it with smaller pages and row groups, or send CSV.", huge);
        }
    }

    // What a damaged file says of itself, a type that does not exist, say, trips the library outside of its own exceptions too.
    private static bool IsOfTheFile(Exception failure) =>
        failure is ParquetException or ArgumentException or ArithmeticException or InvalidCastException or NotSupportedException or IndexOutOfRangeException;

    public static MlOpsException Refusal(string part, string what, Exception? cause = null) =>
        new(ErrorCode.InvalidBaseline, $"The {part} {what}", [new Fault($"/{part}", $"The {part} {what}")], cause);
}
