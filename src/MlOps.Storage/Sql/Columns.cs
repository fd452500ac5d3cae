using System.Data.Common;
using System.Text;
using MlOps.Deployments;

namespace MlOps.Sql;

/// <summary>How values lie in columns: times as microseconds since 1970, stages as their words in lower case.</summary>
internal static class Columns
{
    public static long Microseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public static string Text(Stage stage) => stage switch
    {
        Deployments.Stage.Staging => "staging",
        Deployments.Stage.Production => "production",
        Deployments.Stage.Archived => "archived",
        _ => throw new ArgumentOutOfRangeException(nameof(stage), stage, "Not a stage."),
    };

    /// <summary>
    /// A text for people that may quote a model's own names, as a column of every database can hold it: NUL is shown as its symbol, half of
    /// a surrogate pair as the replacement character.
    /// </summary>
    public static string? Shown(string? text)
    {
        if (text is null || !text.Any(c => c == '\0' || char.IsSurrogate(c)))
        {
            return text;
        }

        var shown = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            shown.Append(rune.Value == 0 ? "\u2400" : rune.ToString());
        }

        return shown.ToString();
    }

    public static bool Null(this DbDataReader row, string column) => row.IsDBNull(row.GetOrdinal(column));

    public static string Text(this DbDataReader row, string column) => row.GetString(row.GetOrdinal(column));

    public static string? TextOrNull(this DbDataReader row, string column) => row.Null(column) ? null : row.Text(column);

    public static long Number(this DbDataReader row, string column) => row.GetInt64(row.GetOrdinal(column));

    public static double? RealOrNull(this DbDataReader row, string column) => row.Null(column) ? null : row.GetDouble(row.GetOrdinal(column));

    public static bool Flag(this DbDataReader row, string column) => row.GetBoolean(row.GetOrdinal(column));

    public static bool? FlagOrNull(this DbDataReader row, string column) => row.Null(column) ? null : row.Flag(column);

    public static Guid Id(this DbDataReader row, string column) => row.GetGuid(row.GetOrdinal(column));

    public static Guid? IdOrNull(this DbDataReader row, string column) => row.Null(column) ? null : row.Id(column);

    /// <summary>An id of the inference log, which SQLite keeps as its 16 bytes, in the order in which ids sort.</summary>
    public static Guid LogId(this DbDataReader row, string column) => row.GetValue(row.GetOrdinal(column)) switch
    {
        Guid id => id,
        byte[] bytes => new Guid(bytes, bigEndian: true),
        var other => throw new InvalidDataException($"{column} holds no id, but a {other.GetType().Name}."),
    };

    public static byte[]? BytesOrNull(this DbDataReader row, string column) => row.Null(column) ? null : row.Bytes(column);

    public static byte[] Bytes(this DbDataReader row, string column) => row.GetFieldValue<byte[]>(row.GetOrdinal(column));

    public static DateTimeOffset Time(this DbDataReader row, string column) => DateTimeOffset.UnixEpoch.AddMicroseconds(row.Number(column));

    public static DateTimeOffset? TimeOrNull(this DbDataReader row, string column) => row.Null(column) ? null : row.Time(column);

    public static Stage Stage(this DbDataReader row, string column) => row.Text(column) switch
    {
        "staging" => Deployments.Stage.Staging,
        "production" => Deployments.Stage.Production,
        "archived" => Deployments.Stage.Archived,
        var unknown => throw new InvalidDataException($"'{unknown}' is not a stage."),
    };
}
