using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using MlOps.Deployments;
using MlOps.InferenceLogs;
using MlOps.Sql;

namespace MlOps.Sqlite;

/// <summary>The embedded inference log: a file of its own with a writer of its own, so that a commit of many rows never keeps a control call waiting.</summary>
internal sealed class SqliteLog : ILogDatabase, IDisposable
{
    private const int Constraint = 19;
    private const int TooBig = 18;
    private const int Mismatch = 20;

    private const string InsertRow = """
        insert into inference_rows (
            deployment, id, journal, sequence, request, route, status, latency_us, external_id, label, value, outcome, probabilities, bins, inputs,
            inputs_truncated, withheld, refusal_code, refusal_detail, refusal_rows)
        values ($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
        """;

    private const int Parameters = 20;

    private readonly SqliteDatabase database;

    private SqliteLog(SqliteDatabase database) => this.database = database;

    public Statement ForUpdate => Statement.Empty;

    public Statement ForKeyShare => Statement.Empty;

    public static string FileIn(DataFolder folder) => Path.Combine(folder.Path, "inference.db");

    /// <exception cref="StorageStartException">The file cannot be used. The message says what to do.</exception>
    public static SqliteLog Open(DataFolder folder, ILogger logger)
    {
        // synchronous=normal: a power cut may take back the last commits, but each as a whole, with the journal's position that belongs to it; what they
        // held is read again from the journal, which keeps it for an hour.
        var connections = new SqliteConnections(FileIn(folder), synchronous: "normal");
        return new(SqliteDatabase.Open("inference log", connections, Bind, SqliteSchema.InferenceLog, logger));
    }

    public Task<T> Read<T>(Func<SqlSession, Task<T>> work, CancellationToken cancellation) => database.Read(work, cancellation);

    public Task<T> Write<T>(Func<SqlSession, Task<T>> work, CancellationToken cancellation) => database.Write(work, cancellation);

    public Task<bool> HasPlace(SqlSession session, IReadOnlyList<LogRow> rows) => Task.FromResult(true);

    public Task MakePlace(IReadOnlyList<LogRow> rows, CancellationToken cancellation) => Task.CompletedTask;

    public Task Insert(SqlSession session, IReadOnlyList<LogRow> rows, RowNumbers numbers)
    {
        using var command = (SqliteCommand)session.Connection.CreateCommand();
        command.Transaction = (SqliteTransaction)session.Transaction;
        command.CommandText = InsertRow;
        var values = new SqliteParameter[Parameters];
        for (var at = 0; at < Parameters; at++)
        {
            values[at] = command.Parameters.Add(new SqliteParameter { ParameterName = $"${at}" });
        }

        command.Prepare();
        foreach (var row in rows)
        {
            LogRows.Check(row);
            Fill(values, row, numbers);
            try
            {
                command.ExecuteNonQuery();
            }
            catch (SqliteException refused) when (refused.SqliteErrorCode is Constraint or TooBig or Mismatch)
            {
                throw new RowsRefusedException(refused.Message, refused);
            }
        }

        return Task.CompletedTask;
    }

    public Task<bool> DropRows(DateTimeOffset before, CancellationToken cancellation) => database.Write(
        async session =>
        {
            if (await LogForgetting.Counts(session, UtcHour.Of(before)))
            {
                return true;
            }

            var end = LogRange.Of(null, UtcHour.Of(before).Start, null).End;
            foreach (var number in await session.All($"select number from inference_deployments", row => (int)row.Number("number")))
            {
                if (await LogForgetting.Rows(session, number, end))
                {
                    return true;
                }
            }

            return false;
        },
        cancellation);

    public void Dispose() => database.Dispose();

    private static void Fill(SqliteParameter[] values, LogRow row, RowNumbers numbers)
    {
        values[0].Value = numbers.Deployments[row.Deployment];
        values[1].Value = Bytes(row.Id);
        values[2].Value = numbers.Journal;
        values[3].Value = row.Sequence;
        values[4].Value = row.Request == row.Id ? DBNull.Value : Bytes(row.Request);
        values[5].Value = LogRows.Number(row.Route);
        values[6].Value = row.StatusCode;
        values[7].Value = row.LatencyMicroseconds;
        values[8].Value = row.ExternalId ?? (object)DBNull.Value;
        values[9].Value = row.Label ?? (object)DBNull.Value;
        values[10].Value = row.Value ?? (object)DBNull.Value;
        values[11].Value = LogKeys.Outcome(row) ?? (object)DBNull.Value;
        values[12].Value = row.Probabilities is { } probabilities ? probabilities.ToArray() : DBNull.Value;
        values[13].Value = row.Bins.ToArray();
        values[14].Value = row.Inputs is { } inputs ? inputs.ToArray() : DBNull.Value;
        values[15].Value = row.InputsTruncated;
        values[16].Value = row.Withheld;
        values[17].Value = row.Refusal?.Code ?? (object)DBNull.Value;
        values[18].Value = LogRows.Detail(row) ?? (object)DBNull.Value;
        values[19].Value = row.Refusal?.Rows ?? (object)DBNull.Value;
    }

    private static byte[] Bytes(Guid id) => id.ToByteArray(bigEndian: true);

    private static void Bind(DbCommand command, string name, object? value) =>
        ((SqliteCommand)command).Parameters.AddWithValue(
            name,
            value switch
            {
                null => DBNull.Value,
                Guid id => Bytes(id),
                DeploymentId id => Bytes(id.Value),
                _ => value,
            });
}
