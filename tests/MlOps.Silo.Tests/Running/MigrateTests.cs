using System.Diagnostics;
using MlOps.Tests.Postgres;
using Xunit;

namespace MlOps.Tests.Running;

/// <summary>The command <c>migrate</c>, and a start before it.</summary>
[Trait("Database", "Postgres")]
public sealed class MigrateTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("mlops-migrate-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Migrate_WithoutPostgres_SaysWhatToSet()
    {
        var (exit, _, errors) = await Migrate("");

        Assert.Equal(1, exit);
        Assert.Contains("MLOPS__Storage__Postgres", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silo_BeforeMigrate_RefusesToStartAndServesAfterIt()
    {
        var database = await PostgresServer.Create();
        try
        {
            (string Name, string Value)[] environment =
                [("MLOPS__Storage__Postgres", database), ("MLOPS__Cluster__SiloPort", "21112"), ("MLOPS__Cluster__GatewayPort", "0"), ("MLOPS__Http__DrainSeconds", "0")];
            await using (var early = await SiloProcessUnderTest.Start(folder, environment))
            {
                var (refused, why, _) = await early.Ended(Cancellation);
                Assert.Equal(1, refused);
                Assert.Contains("-- migrate", why, StringComparison.Ordinal);
                Assert.DoesNotContain("   at ", why, StringComparison.Ordinal);
            }

            var (exit, output, errors) = await Migrate(database);
            Assert.Equal((0, ""), (exit, errors));
            Assert.Contains("from version 0 to", output, StringComparison.Ordinal);

            await using var silo = await SiloProcessUnderTest.Start(folder, environment);
            using var client = await silo.Ready(folder, Cancellation);
            await ModelFixture.Project(client, "migrated");
        }
        finally
        {
            await PostgresServer.Drop(database);
        }
    }

    [Theory]
    [InlineData("MLOPS__Storage__Postgres", "nonsense", "Host=")]
    [InlineData("MLOPS__Cluster__Address", "0.0.0.0", "Address")]
    [InlineData("MLOPS__Cluster__SiloPort", "0", "SiloPort")]
    public async Task WrongSetting_RefusesToStartAndNamesIt(string name, string value, string named)
    {
        await using var silo = await SiloProcessUnderTest.Start(folder, (name, value));

        var (exit, errors, _) = await silo.Ended(Cancellation);

        Assert.Equal(1, exit);
        Assert.Contains(named, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    private async Task<(int Exit, string Output, string Errors)> Migrate(string postgres)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "MlOps.Silo.dll"), "migrate"])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["MLOPS__Storage__Postgres"] = postgres;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(Cancellation);
        var output = await process.StandardOutput.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        return (process.ExitCode, output, await errors);
    }
}
