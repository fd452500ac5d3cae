using Microsoft.Data.Sqlite;
using MlOps.Sqlite;

namespace MlOps.Tests.Sqlite;

public sealed class SqliteSchemaTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Scripts_AreNumberedInOrderAndSetTheirOwnVersion()
    {
        var numbers = SqliteSchema.All.Select(migration => migration.Number).ToList();
        Assert.Equal(numbers.Distinct().Order(), numbers);
        Assert.All(
            SqliteSchema.All,
            migration => Assert.EndsWith($"\npragma user_version = {migration.Number};\n", migration.Text(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Open_OlderSchema_IsBroughtUpToDateWithItsRows()
    {
        using var folder = new SqliteFolder(SqliteSchema.All[..1]);
        var project = await folder.Stores().NewProject();
        Assert.Equal(1, Version(folder));

        folder.Reopen();

        Assert.Equal(SqliteSchema.All[^1].Number, Version(folder));
        Assert.Equal(project, (await folder.Stores().Projects.Find(project.Id, Token))!.Project);
        Assert.Equal(11, await folder.Stores().Number($"select count(*) from OrleansQuery"));
        Assert.Equal(SqliteSchema.All.Length, await folder.Stores().Number($"select count(*) from schema_versions"));
    }

    [Fact]
    public void Open_NewerSchema_IsRefusedNamingBothVersions()
    {
        using var folder = new SqliteFolder();
        Execute(folder, "pragma user_version = 999");

        var refusal = Assert.Throws<StorageStartException>(folder.Reopen);

        Assert.Contains("version 999", refusal.Message, StringComparison.Ordinal);
        Assert.Contains($"up to {SqliteSchema.All[^1].Number}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AFileThatIsNoDatabase_IsRefused()
    {
        using var folder = new SqliteFolder();
        folder.Catalogue.Dispose();
        File.WriteAllText(folder.Database, new string('x', 10_000));

        var refusal = Assert.Throws<StorageStartException>(folder.Reopen);

        Assert.Contains("restore a backup", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_WithAScriptThatFails_ChangesNothingOfThatStep()
    {
        using var folder = new SqliteFolder(SqliteSchema.All[..1]);
        Execute(folder, "create table OrleansQuery (QueryKey text)");

        Assert.Throws<StorageStartException>(folder.Reopen);
        Execute(folder, "drop table OrleansQuery");
        folder.Reopen();

        Assert.Equal(SqliteSchema.All[^1].Number, Version(folder));
    }

    private static long Version(SqliteFolder folder)
    {
        using var connection = new SqliteConnection($"Data Source={folder.Database};Pooling=False");
        connection.Open();
        return SqliteConnections.Number(connection, "pragma user_version");
    }

    private static void Execute(SqliteFolder folder, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={folder.Database};Pooling=False");
        connection.Open();
        SqliteConnections.Execute(connection, sql);
    }
}
