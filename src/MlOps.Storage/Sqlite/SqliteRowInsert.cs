using Microsoft.Data.Sqlite;
using MlOps.InferenceLogs;

namespace MlOps.Sqlite;

/// <summary>The statement that adds one row after another to the log.</summary>
internal sealed class SqliteRowInsert : IDisposable
{
    private const string Columns =
        "deployment, id, journal, sequence, request, route, status, latency_us, external_id, label, value, outcome, probabilities, bins, inputs, inputs_truncated, withheld, "
        + "refusal_code, refusal_detail, refusal_rows";

    private readonly SqliteCommand command;
    private int at;

    public SqliteRowInsert(SqliteConnection connection, SqliteTransaction transaction)
    {
        var names = Columns.Split(", ").Select((_, number) => $"@p{number}").ToArray();
        command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = $"insert into inference_rows ({Columns}) values ({string.Join(", ", names)})";
        foreach (var name in names)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = name });
        }

        command.Prepare();
    }

    public void Add(LogRow row, RowNumbers numbers)
    {
        at = 0;
        Put(numbers.Deployments[row.Deployment]);
        Put(row.Id.ToByteArray(bigEndian: true));
        Put(numbers.Journal);
        Put(row.Sequence);
        Put(row.Request == row.Id ? null : row.Request.ToByteArray(bigEndian: true));
        Put(LogRows.Number(row.Route));
        Put(row.StatusCode);
        Put(row.LatencyMicroseconds);
        Put(row.ExternalId);
        Put(row.Label);
        Put(row.Value);
        Put(LogKeys.Outcome(row));
        Put(row.Probabilities?.ToArray());
        Put(row.Bins.ToArray());
        Put(row.Inputs?.ToArray());
        Put(row.InputsTruncated);
        Put(row.Withheld);
        Put(row.Refusal?.Code);
        Put(LogRows.Detail(row));
        Put(row.Refusal?.Rows);
        command.ExecuteNonQuery();
    }

    public void Dispose() => command.Dispose();

    private void Put<T>(T value) => command.Parameters[at++].Value = (object?)value ?? DBNull.Value;
}
