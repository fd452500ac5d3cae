using MlOps.Tests.Postgres;
using MlOps.Tests.Running;
using Npgsql;
using Xunit;

namespace MlOps.Tests.InferenceLogs;

/// <summary>A process is killed while its last commit is under way in PostgreSQL, which ends it after the next process has read where the journal is.</summary>
[Trait("Database", "Postgres")]
public sealed class CommitInFlightTests : IAsyncLifetime
{
    private const int Held = 4711;

    // What a session of the test holds keeps a transaction of the journal in its commit.
    private static readonly string HoldCommits = $"""
        create function held() returns trigger language plpgsql set lock_timeout = 0 set statement_timeout = 0 as
        $$ begin perform pg_advisory_xact_lock_shared({Held}); return null; end $$;
        create constraint trigger held after insert or update on inference_journals deferrable initially deferred for each row execute function held()
        """;

    private readonly string folder = Directory.CreateTempSubdirectory("mlops-in-flight-").FullName;
    private readonly ModelFixture fixture = new("flights_linear");
    private readonly int port = SiloProcessUnderTest.FreePort();
    private string? database;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => database = await PostgresServer.CreateMigrated();

    public async ValueTask DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        if (database is not null)
        {
            await PostgresServer.Drop(database);
        }
    }

    /// <param name="isFirst">The database has not heard of the journal before.</param>
    /// <param name="commits">The transaction ends well in the end; else its session is ended.</param>
    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public async Task CommitOfAKilledProcess_AndItsSuccessors_LeaveEveryRowOnce(bool isFirst, bool commits)
    {
        await using var watch = NpgsqlDataSource.Create(database!);
        await using var hold = await watch.OpenConnectionAsync(Cancellation);
        AnsweredRows rows;
        await using (var killed = await Start())
        {
            using var client = await killed.Ready(folder, Cancellation);
            var (_, deployment) = await fixture.Serve(client, await ModelFixture.Project(client, "in flight"), fixture.Metadata.ToJsonString());
            rows = new(deployment, fixture.Expected.GetProperty("inputs")[0].GetRawText());
            if (!isFirst)
            {
                await rows.Settle(client);
            }

            await Run(hold, HoldCommits);
            await Run(hold, $"select pg_advisory_lock({Held})");
            Assert.True(await rows.Send(client, 20));
            Assert.True(await rows.Send(client, 1));
            await Until(watch, "select count(*) from pg_locks l join pg_stat_activity a using (pid) where l.locktype = 'advisory' and not l.granted and a.query ilike 'commit%'");
            Assert.True(await rows.Send(client, 20));
            killed.Kill();
            await killed.Ended(Cancellation);
        }

        await using var successor = await Start();
        using var next = await successor.Ready(folder, Cancellation);
        Assert.True(await rows.Send(next, 20));

        // It has read the position, and stands before the journal's row.
        await Until(watch, "select count(*) from pg_locks l join pg_stat_activity a using (pid) where l.locktype = 'transactionid' and not l.granted and a.query like '%inference_journals%'");
        Assert.Equal(isFirst ? 0 : 1, await Number(watch, "select count(*) from inference_rows"));
        if (!commits)
        {
            await Run(hold, "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and not granted");
        }

        await Run(hold, $"select pg_advisory_unlock({Held})");

        var check = await rows.Check(next);
        Assert.Empty(check.Others);
        check.AssertExact(rows.Unanswered);
        Assert.Equal(0, await Number(watch, "select count(*) from inference_rejects"));
    }

    private Task<SiloProcessUnderTest> Start() => SiloProcessUnderTest.Start(
        folder, ("MLOPS__Storage__Postgres", database!), ("MLOPS__Cluster__SiloPort", $"{port}"), ("MLOPS__Cluster__GatewayPort", "0"), ("MLOPS__Http__DrainSeconds", "0"));

    private static async Task Run(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private static async Task<long> Number(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    private static async Task Until(NpgsqlDataSource source, string sql)
    {
        while (await Number(source, sql) == 0)
        {
            await Pace.Next();
        }
    }
}
