using Microsoft.Extensions.Logging.Abstractions;
using MlOps.Sqlite;

namespace MlOps.Tests.Sqlite;

public sealed class CatalogueBackupTests : IDisposable
{
    private readonly SqliteFolder folder = new();
    private readonly TemporaryFolder elsewhere = new();

    public CatalogueBackupTests() => Directory.CreateDirectory(elsewhere.Path);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private StorageOptions Options => new() { Data = folder.Folder.Path };

    private string Target => Path.Combine(elsewhere.Path, "backup.db");

    public void Dispose()
    {
        folder.Dispose();
        elsewhere.Dispose();
    }

    [Fact]
    public async Task Backup_WhileChangesGoOn_HoldsWholeChangesOnly()
    {
        var storage = folder.Stores();
        var project = await storage.NewProject();
        using var stop = new CancellationTokenSource();
        var changing = Task.Run(
            async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    var state = await storage.Projects.Load(project.Id, Token);
                    Assert.True(await storage.Projects.Commit(new(project.Id, state!.Epoch, [], [], [Samples.Event("changed")], null), Token));
                }
            },
            Token);

        for (var round = 0; round < 5; round++)
        {
            CatalogueBackup.Write(Options, $"{Target}-{round}");
        }

        await stop.CancelAsync();
        await changing;
        for (var round = 0; round < 5; round++)
        {
            using var restored = Restore($"{Target}-{round}");
            var state = await restored.Projects.Load(project.Id, Token);
            Assert.Equal(state!.Epoch - project.Epoch, await restored.Number($"select count(*) from timeline"));
        }
    }

    [Fact]
    public async Task Backup_Restored_HasEverythingAndTheSameWaysOfWriting()
    {
        var storage = folder.Stores();
        var project = await storage.NewProject();
        var model = await storage.NewModel(project);
        var key = Samples.Key("kept");
        await storage.Keys.Add(key, null, Token);

        var bytes = CatalogueBackup.Write(Options, Target);

        Assert.Equal(new FileInfo(Target).Length, bytes);
        Assert.Equal([Target], Directory.EnumerateFileSystemEntries(elsewhere.Path));
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(Target) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        using var restored = Restore(Target);
        Assert.Equal(ExactJson.Write(model), ExactJson.Write((await restored.Models.Find(model.Id, Token))!.Model));
        using var content = new MemoryStream();
        Assert.True(await restored.Models.Read(model.Parts[0].Sha256, content, Token));
        Assert.Equal(key.Id, Assert.Single((await restored.Keys.Load(Token)).Keys).Id);
        Assert.Equal(2, await restored.Number($"select auto_vacuum from pragma_auto_vacuum"));
        Assert.Equal(1, await restored.Number($"select count(*) from pragma_journal_mode where journal_mode = 'wal'"));
        Assert.Equal(SqliteSchema.All[^1].Number, await restored.Number($"select user_version from pragma_user_version"));
    }

    [Fact]
    public async Task Backup_RestoredTwice_IsAnotherEditionEachTime()
    {
        var project = await folder.Stores().NewProject();
        var original = (await folder.Stores().Projects.Load(project.Id, Token))!.Edition;
        CatalogueBackup.Write(Options, Target);

        List<CatalogueEdition> editions = [original];
        for (var time = 0; time < 2; time++)
        {
            using var restored = Restore(Target);
            editions.Add((await restored.Projects.Load(project.Id, Token))!.Edition);
        }

        folder.Reopen();
        Assert.Equal(original, (await folder.Stores().Projects.Load(project.Id, Token))!.Edition);
        Assert.Equal(3, editions.Distinct().Count());
        Assert.True(editions[1].IsNewer(0, original, 99));
        Assert.True(editions[2].IsNewer(0, editions[1], 99));
    }

    [Fact]
    public async Task Backup_OfAnOlderSchema_IsRestoredByThisProgram()
    {
        using var older = new SqliteFolder(SqliteSchema.All[..2]);
        await older.Catalogue.Write(session => session.Execute($"insert into projects (id, name, epoch, created_us) values ('x', 'old', 1, 1)"), Token);

        CatalogueBackup.Write(new() { Data = older.Folder.Path }, Target);

        using var restored = Restore(Target);
        Assert.Equal(1, await restored.Number($"select count(*) from projects"));
        Assert.Equal(1, await restored.Number($"select count(*) from catalogue"));
    }

    [Fact]
    public void Backup_OverwritesNothing()
    {
        File.WriteAllText(Target, "precious");

        var refusal = Assert.Throws<BackupException>(() => CatalogueBackup.Write(Options, Target));

        Assert.Contains("overwrites nothing", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(Target));
    }

    [Fact]
    public void Backup_BesideAnUnfinishedOne_IsRefusedNamingIt()
    {
        File.WriteAllText(Target + ".part", "half");

        var refusal = Assert.Throws<BackupException>(() => CatalogueBackup.Write(Options, Target));

        Assert.Contains(Target + ".part", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("half", File.ReadAllText(Target + ".part"));
    }

    [Fact]
    public void Backup_IntoAFolderThatIsNotThere_IsRefused() =>
        Assert.Contains("no folder", Assert.Throws<BackupException>(() => CatalogueBackup.Write(Options, Path.Combine(Target, "x", "y.db"))).Message, StringComparison.Ordinal);

    [Fact]
    public void Backup_OfAFileThatIsNoCatalogue_IsRefusedAndLeavesNothing()
    {
        using var broken = new TemporaryFolder();
        Directory.CreateDirectory(broken.Path);
        File.WriteAllText(Path.Combine(broken.Path, "catalogue.db"), new string('x', 10_000));

        Assert.Throws<BackupException>(() => CatalogueBackup.Write(new() { Data = broken.Path }, Target));

        Assert.Empty(Directory.EnumerateFileSystemEntries(elsewhere.Path));
    }

    [Fact]
    public void Restore_BesideTheLogOfTheCatalogueBefore_IsRefused()
    {
        CatalogueBackup.Write(Options, Target);
        using var place = new TemporaryFolder();
        using var held = DataFolderLock.Take(place.Path);
        File.Copy(Target, Path.Combine(place.Path, "catalogue.db"));
        File.WriteAllText(Path.Combine(place.Path, "catalogue.db-wal"), "of another file");

        var refusal = Assert.Throws<StorageStartException>(() => SqliteCatalogue.Open(held.Folder, SqliteSchema.All, NullLogger.Instance));

        Assert.Contains("catalogue.db-wal", refusal.Message, StringComparison.Ordinal);
    }

    private static StorageUnderTest Restore(string backup)
    {
        var place = new TemporaryFolder();
        var held = DataFolderLock.Take(place.Path);
        File.Copy(backup, Path.Combine(place.Path, "catalogue.db"));
        var catalogue = SqliteCatalogue.Open(held.Folder, SqliteSchema.All, NullLogger.Instance);
        return new(catalogue, new Restored(place, held, catalogue));
    }

    private sealed record Restored(TemporaryFolder Place, DataFolderLock Held, SqliteCatalogue Catalogue) : IDisposable
    {
        public void Dispose()
        {
            Catalogue.Dispose();
            Held.Dispose();
            Place.Dispose();
        }
    }
}
