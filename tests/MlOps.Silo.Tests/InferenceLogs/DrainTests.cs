using System.Diagnostics;
using MlOps.Tests.Postgres;
using MlOps.Tests.Running;
using Xunit;

namespace MlOps.Tests.InferenceLogs;

/// <summary>The command <c>drain</c>: what the journal of a process that will not come back still holds.</summary>
public sealed class DrainTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("mlops-drain-").FullName;
    private readonly ModelFixture fixture = new("flights_linear");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>Of a folder that a killed process left, wherever it lies now; a second time there is nothing more to do.</summary>
    [Fact]
    public async Task Drain_BringsWhatWaitsIntoTheLog_Once()
    {
        var rows = await LeaveRows();
        var elsewhere = Path.Combine(folder, "moved");
        Directory.Move(Path.Combine(folder, "data"), elsewhere);

        foreach (var expected in new[] { rows.Count, 0 })
        {
            var (exit, output, errors) = await Drain(elsewhere);
            Assert.True(exit == 0, errors);
            Assert.Contains($"Everything is in the database: {expected} rows.", output, StringComparison.Ordinal);
        }

        Directory.Move(elsewhere, Path.Combine(folder, "data"));
        await using var silo = await StreamSilo.Start(folder);
        Assert.Equal(0, silo.Journal.WaitingBytes);
        var check = await rows.Check(silo.Client);
        Assert.Empty(check.Others);
        check.AssertExact([]);
    }

    /// <summary>It is killed in the middle of it, again and again.</summary>
    [Fact]
    public async Task Drain_ThatIsKilled_IsGoneOnWith()
    {
        var rows = await LeaveRows();
        for (var kill = 0; kill < 4; kill++)
        {
            using var process = Start(Path.Combine(folder, "data"), ("MLOPS__InferenceLogs__CommitBytes", $"{1 << 16}"), await ChosenDatabase.Of(folder));
            Assert.NotNull(await process.StandardOutput.ReadLineAsync(Cancellation));
            process.Kill();
            await process.WaitForExitAsync(Cancellation);
        }

        var (exit, _, errors) = await Drain(Path.Combine(folder, "data"));
        Assert.True(exit == 0, errors);
        await using var silo = await StreamSilo.Start(folder);
        var check = await rows.Check(silo.Client);
        Assert.Empty(check.Others);
        check.AssertExact([]);
    }

    [Fact]
    public async Task Drain_OfAFolderThatIsHeld_OrIsNone_SaysSo()
    {
        await using var silo = await SiloProcessUnderTest.Start(folder);
        using var client = await silo.Ready(folder, Cancellation);

        var (exit, _, errors) = await Drain(Path.Combine(folder, "data"));
        Assert.Equal(1, exit);
        Assert.Contains($"{silo.Id}", errors, StringComparison.Ordinal);
        (exit, _, errors) = await Drain(folder);
        Assert.Equal(1, exit);
        Assert.Contains("Storage:Data", errors, StringComparison.Ordinal);
    }

    // Answered by a process that was killed while its database was away.
    private async Task<AnsweredRows> LeaveRows()
    {
        await using var silo = await StreamSilo.Start(folder, store => new FaultyStore(store, _ => throw FaultyStore.Away));
        var (_, deployment) = await fixture.Serve(silo.Client, await ModelFixture.Project(silo.Client, "drain"), fixture.Metadata.ToJsonString());
        var rows = new AnsweredRows(deployment, fixture.Expected.GetProperty("inputs")[0].GetRawText());
        for (var request = 0; request < 30; request++)
        {
            Assert.True(await rows.Send(silo.Client, 100));
        }

        return rows;
    }

    private async Task<(int Exit, string Output, string Errors)> Drain(string data)
    {
        using var process = Start(data, ("MLOPS__Logging__LogLevel__Default", "Warning"), await ChosenDatabase.Of(folder));
        var errors = process.StandardError.ReadToEndAsync(Cancellation);
        var output = await process.StandardOutput.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        return (process.ExitCode, output, await errors);
    }

    private Process Start(string data, (string Name, string Value) setting, ChosenDatabase database)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "MlOps.Silo.dll"), "drain", data])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        database.AddTo(start.Environment);
        start.Environment[setting.Name] = setting.Value;
        return Process.Start(start)!;
    }
}
