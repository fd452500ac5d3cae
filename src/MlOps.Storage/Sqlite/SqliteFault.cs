using Microsoft.Data.Sqlite;

namespace MlOps.Sqlite;

/// <summary>What SQLite's error numbers mean to those who asked.</summary>
internal static class SqliteFault
{
    private const int Busy = 5;
    private const int ReadOnly = 8;
    private const int Broken = 10;
    private const int Full = 13;
    private const int CannotOpen = 14;
    private const int TooBig = 18;
    private const int Constraint = 19;
    private const int Mismatch = 20;

    /// <summary>The refusal for a lock or a disk that keeps SQLite from its work; null for any other failure, which is ours.</summary>
    public static MlOpsException? Of(SqliteException failure) => failure.SqliteErrorCode switch
    {
        Busy => new MlOpsException(ErrorCode.Busy, "Another program keeps the database locked. Try again, or close that program.", inner: failure),
        Full => StorageFault.OfFull(failure),
        ReadOnly or Broken or CannotOpen => StorageFault.OfUnavailable(failure),
        _ => null,
    };

    /// <summary>The same for one who only reads: whoever then tries to write is refused by his connection, not by the disk.</summary>
    public static MlOpsException? OfRead(SqliteException failure) => failure.SqliteExtendedErrorCode == ReadOnly ? null : Of(failure);

    public static bool IsFull(SqliteException failure) => failure.SqliteErrorCode == Full;

    /// <summary>Whether the failure is the disk's, not the file's.</summary>
    public static bool IsOfTheDisk(SqliteException failure) => failure.SqliteErrorCode is ReadOnly or Broken or Full or CannotOpen;

    /// <summary>Whether the failure is of what was to be stored: it would fail again at any time.</summary>
    public static bool IsOfTheData(SqliteException failure) => failure.SqliteErrorCode is TooBig or Constraint or Mismatch;
}
