using System.Data.Common;
using MlOps.Tests.Postgres;

namespace MlOps.Tests.InferenceLogs;

/// <summary>The database under the log of a data folder, past the silo.</summary>
internal sealed class LogDatabase(DbConnection connection) : IAsyncDisposable
{
    /// <param name="folder">Data lie in its sub-folder <c>data</c>.</param>
    public static async Task<LogDatabase> Open(string folder) => new(await (await ChosenDatabase.Of(folder)).OpenLog(Path.Combine(folder, "data")));

    public async Task Execute(string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    public async Task<long> Number(string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(await command.ExecuteScalarAsync(), System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Ids of one column.</summary>
    public async Task<IReadOnlyList<Guid>> Ids(string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync();
        var ids = new List<Guid>();
        while (await reader.ReadAsync())
        {
            ids.Add(reader.GetValue(0) is Guid id ? id : new Guid(reader.GetFieldValue<byte[]>(0), bigEndian: true));
        }

        return ids;
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
