using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using MlOps.Tests.Running;
using Npgsql;
using Xunit;

namespace MlOps.Tests.InferenceLogs;

/// <summary>PostgreSQL stops under load: nobody who predicts notices, and the log has every row when it is back.</summary>
[Trait("Database", "Postgres")]
public sealed class StoppedDatabaseTests : IDisposable
{
    private const int Senders = 4;
    private const int BatchRows = 20;

    // Answers while it is away; at full length whatever comes in a minute.
    private const int Answers = 500;

    private static readonly TimeSpan Away = TimeSpan.FromSeconds(Environment.GetEnvironmentVariable("MLOPS_LONG") == "1" ? 60 : 0);

    private readonly string folder = Directory.CreateTempSubdirectory("mlops-stopped-").FullName;
    private readonly ModelFixture fixture = new("flights_linear");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("fast")]
    [InlineData("immediate")]
    public async Task Stopped_NoPredictionFails_AndAllRowsAreThereAfterwards(string mode)
    {
        using var postgres = OwnPostgres.Start();
        await new ConfigurationBuilder().AddInMemoryCollection([new("Storage:Postgres", postgres.ConnectionString)]).Build().MigrateMlOpsStorage(Cancellation);
        await using var silo = await SiloProcessUnderTest.Start(
            folder,
            ("MLOPS__Storage__Postgres", postgres.ConnectionString),
            ("MLOPS__Cluster__SiloPort", $"{SiloProcessUnderTest.FreePort()}"),
            ("MLOPS__Cluster__GatewayPort", "0"),
            ("MLOPS__Http__DrainSeconds", "0"));
        using var client = await silo.Ready(folder, Cancellation);
        var (_, deployment) = await fixture.Serve(client, await ModelFixture.Project(client, "stopped"), fixture.Metadata.ToJsonString());
        var rows = new AnsweredRows(deployment, OddRows.Of(fixture.Expected.GetProperty("inputs")[0]));
        await rows.Settle(client);

        var (ends, answers) = (false, 0);
        var load = rows.Load(client, Senders, BatchRows, () =>
        {
            Interlocked.Increment(ref answers);
            return !Volatile.Read(ref ends);
        });
        await Answered(Answers);
        postgres.Down(mode);
        var (away, before) = (Stopwatch.StartNew(), Volatile.Read(ref answers));
        await Answered(before + Answers);
        while (away.Elapsed < Away)
        {
            await Answered(Volatile.Read(ref answers) + 1);
        }

        away.Stop();
        var meanwhile = Volatile.Read(ref answers) - before;
        postgres.Up();
        await Answered(Volatile.Read(ref answers) + Answers);
        Volatile.Write(ref ends, true);
        await load;

        var check = await rows.Check(client);
        TestContext.Current.TestOutputHelper!.WriteLine($"{away.Elapsed.TotalSeconds:0} s, {meanwhile} requests answered while it was away, {rows.Unanswered.Count} failed; {check}");
        Assert.Empty(rows.Unanswered);
        check.AssertExact([]);
        await using var source = NpgsqlDataSource.Create(postgres.ConnectionString);
        await using var rejects = source.CreateCommand("select count(*) from inference_rejects");
        Assert.Equal(0L, await rejects.ExecuteScalarAsync(Cancellation));

        async Task Answered(int number)
        {
            while (Volatile.Read(ref answers) < number)
            {
                await Pace.Next();
                Assert.False(load.IsCompleted, "A request failed.");
            }
        }
    }
}
