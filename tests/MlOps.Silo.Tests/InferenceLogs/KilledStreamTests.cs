using MlOps.Tests.Running;
using Xunit;

namespace MlOps.Tests.InferenceLogs;

/// <summary>Every answered prediction is in the log exactly once, whenever the process is killed.</summary>
public sealed class KilledStreamTests : IDisposable
{
    private const int Senders = 6;
    private const int BatchRows = 20;

    private static readonly int Rounds = Environment.GetEnvironmentVariable("MLOPS_LONG") == "1" ? 100 : 3;

    private readonly string folder = Directory.CreateTempSubdirectory("mlops-stream-").FullName;
    private readonly ModelFixture fixture = new("flights_linear");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("process")]
    [InlineData("disk")]
    public async Task AnsweredRows_AreInTheLogOnce_AndOthersAreThoseInFlight(string durability)
    {
        var (check, unanswered) = await Run(Rounds, "MlOps.Silo.dll", [], ("MLOPS__InferenceLogs__Durability", durability));

        TestContext.Current.TestOutputHelper!.WriteLine($"{Rounds} kills: {check}; {unanswered.Count} requests with {unanswered.Sum()} rows got no answer");
        Assert.InRange(unanswered.Count, 0, Rounds * Senders);
        check.AssertExact(unanswered);
    }

    /// <summary>What writes records after the answer loses some: the same check finds them.</summary>
    [Fact]
    public async Task RecordsWrittenAfterTheAnswer_AreMissed()
    {
        var (check, _) = await Run(2, "MlOps.Silo.Tests.dll", ["late-journal"]);

        Assert.NotEmpty(check.Missing);
    }

    private async Task<(LogCheck Check, IReadOnlyCollection<int> Unanswered)> Run(int rounds, string program, string[] arguments, params (string, string)[] environment)
    {
        var random = new Random(4711);
        AnsweredRows rows;
        await using (var silo = await SiloProcessUnderTest.Start(folder))
        {
            using var client = await silo.Ready(folder, Cancellation);
            var (_, deployment) = await fixture.Serve(client, await ModelFixture.Project(client, "stream"), fixture.Metadata.ToJsonString());
            rows = new(deployment, fixture.Expected.GetProperty("inputs")[0].GetRawText());
            await silo.Terminate();
            await silo.Ended(Cancellation);
        }

        for (var round = 0; round < rounds; round++)
        {
            await using var silo = await SiloProcessUnderTest.StartProgram(program, arguments, folder, environment);
            using var client = await silo.Ready(folder, Cancellation);
            var (until, count) = (random.Next(100, 3_000), 0);
            await rows.Load(client, Senders, BatchRows, () =>
            {
                if (Interlocked.Increment(ref count) == until)
                {
                    silo.Kill();
                }

                return true;
            });
            await silo.Ended(Cancellation);
        }

        await using var last = await SiloProcessUnderTest.Start(folder);
        using var after = await last.Ready(folder, Cancellation);
        return (await rows.Check(after), rows.Unanswered);
    }
}
