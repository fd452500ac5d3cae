using System.Diagnostics;
using MlOps.Tests.Postgres;
using MlOps.Tests.Running;
using Npgsql;
using Xunit;

namespace MlOps.Tests.InferenceLogs;

/// <summary>Who follows the log by its cursor sees every row once, while silos answer, are killed, stop and start.</summary>
public sealed class FollowedStreamTests : IDisposable
{
    private const int Senders = 3;
    private const int BatchRows = 20;

    private static readonly TimeSpan Length = TimeSpan.FromMinutes(Environment.GetEnvironmentVariable("MLOPS_LONG") == "1" ? 10 : 0);

    private readonly string folder = Directory.CreateTempSubdirectory("mlops-followed-").FullName;
    private readonly ModelFixture fixture = new("flights_linear");
    private readonly Random random = new(99);
    private readonly Stopwatch running = Stopwatch.StartNew();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Follower_OfASiloThatIsKilledAndRestarted_SeesEveryRowOnce()
    {
        AnsweredRows? rows = null;
        LogFollower? follower = null;
        var rounds = 0;
        for (; rounds < 3 || running.Elapsed < Length; rounds++)
        {
            await using var silo = await SiloProcessUnderTest.Start(folder);
            using var client = await silo.Ready(folder, Cancellation);
            (rows, follower) = (rows, follower) is ({ } known, { } following) ? (known, following) : await Begin(client);
            var (until, count, kill) = (random.Next(200, 1_500), 0, rounds % 2 == 0);
            var load = rows.Load(client, Senders, BatchRows, () =>
            {
                var answered = Interlocked.Increment(ref count);
                if (kill && answered == until)
                {
                    silo.Kill();
                }

                return kill || answered < until;
            });
            while (!load.IsCompleted && await follower.Ask(client))
            {
            }

            await load;
            if (!kill)
            {
                await silo.Terminate();
                while (await follower.Ask(client))
                {
                }
            }

            await silo.Ended(Cancellation);
        }

        await using var last = await SiloProcessUnderTest.Start(folder);
        using var after = await last.Ready(folder, Cancellation);
        await AssertAllSeen(rows!, follower!, after, rounds);
    }

    /// <summary>Two silos commit to one PostgreSQL. A session of the test keeps one of them from committing again and again, until much of the other's has been seen.</summary>
    [Fact]
    [Trait("Database", "Postgres")]
    public async Task Follower_OfTwoJournals_OneSlowedAndKilled_SeesEveryRowOnce()
    {
        var database = await PostgresServer.CreateMigrated();
        try
        {
            string[] folders = [Directory.CreateDirectory(Path.Combine(folder, "steady")).FullName, Directory.CreateDirectory(Path.Combine(folder, "slow")).FullName];
            int[] ports = [SiloProcessUnderTest.FreePort(), SiloProcessUnderTest.FreePort()];
            await using var steady = await Start(0);
            using var client = await steady.Ready(folders[0], Cancellation);
            var (rows, follower) = await Begin(client);
            var ends = false;
            var load = rows.Load(client, 1, BatchRows, () => !Volatile.Read(ref ends));
            await using var sessions = NpgsqlDataSource.Create(database);
            var rounds = 0;
            for (; rounds < 2 || running.Elapsed < Length; rounds++)
            {
                await using var slow = await Start(1);
                using var other = await slow.Ready(folders[1], Cancellation);
                var stops = false;
                var more = rows.Load(other, 1, BatchRows, () => !Volatile.Read(ref stops));
                var journal = Guid.Parse(await File.ReadAllTextAsync(Path.Combine(folders[1], "data", "journal", "id"), Cancellation));
                for (var hold = 0; hold < 2; hold++)
                {
                    var place = await Committed(journal, null);
                    await using var session = await sessions.OpenConnectionAsync(Cancellation);
                    await using (var transaction = await session.BeginTransactionAsync(Cancellation))
                    {
                        Assert.NotNull(await Place(session, "for update", journal));
                        for (var enough = follower.Seen.Count + 1_000; follower.Seen.Count < enough;)
                        {
                            Assert.True(await follower.Ask(client));
                            Assert.False(load.IsCompleted, "A request failed.");
                        }
                    }

                    await Committed(journal, place);
                }

                if (rounds % 2 == 0)
                {
                    slow.Kill();
                }

                Volatile.Write(ref stops, true);
                await more;
                if (rounds % 2 == 1)
                {
                    await slow.Terminate();
                }

                await slow.Ended(Cancellation);
            }

            Volatile.Write(ref ends, true);
            await load;
            await using var again = await Start(1);
            using var last = await again.Ready(folders[1], Cancellation);
            await rows.Settle(last);
            await AssertAllSeen(rows, follower, client, rounds);

            // Also by whoever asks the other silo.
            var anew = new LogFollower(follower.Deployment);
            await anew.ToTheEnd(last);
            Assert.Equal(follower.Seen.Order(), anew.Seen.Order());

            Task<SiloProcessUnderTest> Start(int silo) => SiloProcessUnderTest.Start(
                folders[silo], ("MLOPS__Storage__Postgres", database), ("MLOPS__Cluster__SiloPort", $"{ports[silo]}"), ("MLOPS__Cluster__GatewayPort", "0"), ("MLOPS__Http__DrainSeconds", "0"));

            // Waits until a journal has a place other than before, and answers it.
            async Task<string> Committed(Guid journal, string? before)
            {
                await using var session = await sessions.OpenConnectionAsync(Cancellation);
                while (true)
                {
                    Assert.True(await follower.Ask(client));
                    if (await Place(session, "", journal) is { } place && place != before)
                    {
                        return place;
                    }
                }
            }
        }
        finally
        {
            await PostgresServer.Drop(database);
        }
    }

    private static async Task<string?> Place(NpgsqlConnection session, string locking, Guid journal)
    {
        await using var command = new NpgsqlCommand($"select segment || ':' || at_byte from inference_journals where id = $1 {locking}", session) { Parameters = { new() { Value = journal } } };
        return (string?)await command.ExecuteScalarAsync(Cancellation);
    }

    private async Task<(AnsweredRows Rows, LogFollower Follower)> Begin(HttpClient client)
    {
        var (_, deployment) = await fixture.Serve(client, await ModelFixture.Project(client, "followed"), fixture.Metadata.ToJsonString());
        return (new(deployment, fixture.Expected.GetProperty("inputs")[0].GetRawText()), new(deployment));
    }

    private async Task AssertAllSeen(AnsweredRows rows, LogFollower follower, HttpClient client, int rounds)
    {
        var check = await rows.Check(client);
        await follower.ToTheEnd(client);
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{running.Elapsed.TotalMinutes:0.0} minutes, {rounds} restarts: {follower.Seen.Count} rows seen, {follower.Seen.Count - follower.Seen.Distinct().Count()} twice, "
            + $"{check.Logged.Except(follower.Seen).Count()} not; {check}");
        check.AssertExact(rows.Unanswered);
        Assert.Equal(follower.Seen.Count, follower.Seen.Distinct().Count());
        Assert.Equal(check.Logged.Order(), follower.Seen.Order());
    }
}
