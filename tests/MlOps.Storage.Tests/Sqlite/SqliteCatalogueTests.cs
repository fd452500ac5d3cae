using Microsoft.Data.Sqlite;
using MlOps.Sqlite;

namespace MlOps.Tests.Sqlite;

public sealed class SqliteCatalogueTests : IDisposable
{
    private readonly SqliteFolder folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Write_WhileAnotherProgramHoldsTheLock_WaitsForIt()
    {
        var storage = folder.Stores();
        await using var other = await Other();
        SqliteConnections.Execute(other, "begin immediate");

        var created = storage.NewProject();
        await Task.WhenAny(created, Task.Delay(1500, Token));
        Assert.False(created.IsCompleted);
        Assert.Null(await storage.Projects.Find(new(Guid.Empty), Token));
        SqliteConnections.Execute(other, "rollback");

        Assert.NotNull(await storage.Projects.Find((await created).Id, Token));
    }

    [Fact]
    public async Task Write_WhileAnotherProgramKeepsTheLock_IsRefusedAsBusyAndWorksLater()
    {
        using var writer = new SqliteWriter(new(folder.Database, secondsToWait: 1), SqliteCatalogue.Bind, "catalogue");
        await using var other = await Other();
        SqliteConnections.Execute(other, "begin immediate");

        var refusal = await Assert.ThrowsAsync<MlOpsException>(() => writer.Write(session => session.Execute($"delete from projects"), Token));
        SqliteConnections.Execute(other, "rollback");

        Assert.Equal(ErrorCode.Busy, refusal.Code);
        Assert.Equal(0, await writer.Write(session => session.Execute($"delete from projects"), Token));
    }

    [Fact]
    public async Task Write_ThatFails_LeavesNothingAndTheNextOneWorks()
    {
        var storage = folder.Stores();

        for (var round = 0; round < 3; round++)
        {
            await Assert.ThrowsAsync<SqliteException>(() => storage.Catalogue.Write(
                async session =>
                {
                    await session.Execute($"insert into projects (id, name, epoch, created_us) values ('x', 'half', 1, 1)");
                    return await session.Execute($"insert into nowhere values (1)");
                },
                Token));
            await Assert.ThrowsAsync<FormatException>(() => storage.Catalogue.Write<int>(
                async session =>
                {
                    await session.Execute($"insert into projects (id, name, epoch, created_us) values ('x', 'half', 1, 1)");
                    throw new FormatException();
                },
                Token));
        }

        await storage.NewProject();
        Assert.Equal(1, await storage.Number($"select count(*) from projects"));
    }

    // A limit of the connection, which ends with it, in the place of a disk that gets room again.
    [Fact]
    public async Task Write_WithoutRoom_IsRefusedAsFullLeavesNothingAndTheNextOneWorks()
    {
        var storage = folder.Stores();
        var project = await storage.NewProject();
        using var file = SampleFile.Of(1, 3 << 20);
        var model = Samples.Model(project.Id, file);
        await storage.Catalogue.Write(session => session.Number($"pragma max_page_count = 400"), Token);

        var refusal = await Assert.ThrowsAsync<MlOpsException>(() => storage.Models.Add(model, file.Paths, Samples.Event("model_registered"), null, Token));

        Assert.Equal(ErrorCode.StorageFull, refusal.Code);
        Assert.Equal(0, await storage.Number($"select count(*) from models"));
        Assert.True(await storage.Models.Add(model, file.Paths, Samples.Event("model_registered"), null, Token));
        await storage.Sweep.Sweep(Token);
        Assert.Equal(1, await storage.Number($"select count(*) from files"));
        Assert.Equal(3, await storage.Number($"select count(*) from file_chunks"));
    }

    [Fact]
    public async Task Write_Cancelled_IsNotBegun()
    {
        var storage = folder.Stores();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => storage.Projects.Create(Samples.Project(), null, cancelled.Token));

        Assert.Equal(0, await storage.Number($"select count(*) from projects"));
    }

    [Fact]
    public async Task Read_ThatTriesToWrite_IsRefused() =>
        await Assert.ThrowsAsync<SqliteException>(
            () => folder.Catalogue.Read(session => session.Execute($"delete from projects"), Token));

    [Fact]
    public async Task Read_DuringAWrite_SeesOneState()
    {
        var storage = folder.Stores();
        var project = await storage.NewProject("before");

        var epochs = await storage.Catalogue.Read(
            async session =>
            {
                var before = await session.Number($"select epoch from projects");
                await storage.Projects.Update(project.Id, "after", null, Token);
                return (before, await session.Number($"select epoch from projects"));
            },
            Token);

        Assert.Equal((1, 1), epochs);
        Assert.Equal(2, await storage.Number($"select epoch from projects"));
    }

    [Fact]
    public async Task Open_AfterAKill_HasWhatWasAnsweredAndNothingElse()
    {
        var storage = folder.Stores();
        var project = await storage.NewProject("answered");
        using var killed = new TemporaryFolder();

        // What the files hold while a transaction is under way is what a killed process leaves.
        await storage.Catalogue.Write(
            async session =>
            {
                await session.Execute($"update projects set name = 'half', epoch = 9");
                CopyDatabase(killed.Path);
                session.RollBack();
                return true;
            },
            Token);

        using var held = DataFolderLock.Take(killed.Path);
        using var reopened = SqliteCatalogue.Open(held.Folder, SqliteSchema.All, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        var after = new StorageUnderTest(reopened, reopened);
        Assert.Equal(project, (await after.Projects.Find(project.Id, Token))!.Project);
    }

    [Fact]
    public async Task Open_Again_HasEverything()
    {
        var project = await folder.Stores().NewProject();

        folder.Reopen();

        Assert.Equal(project, (await folder.Stores().Projects.Find(project.Id, Token))!.Project);
        Assert.Equal("wal", await Text("pragma journal_mode"));
        Assert.Equal("ok", await Text("pragma integrity_check"));
    }

    // Full: a commit that has been answered survives a power cut.
    [Fact]
    public async Task Write_Connection_IsSynchronousKeepsForeignKeysAndWaits()
    {
        Assert.Equal(2, await folder.Catalogue.Write(session => session.Number($"pragma synchronous"), Token));
        Assert.Equal(1, await folder.Catalogue.Write(session => session.Number($"pragma foreign_keys"), Token));
        Assert.Equal(10_000, await folder.Catalogue.Write(session => session.Number($"pragma busy_timeout"), Token));
    }

    [Fact]
    public async Task Delete_LargeModel_GivesItsSpaceBack()
    {
        var storage = folder.Stores();
        var project = await storage.NewProject();
        using var file = SampleFile.Of(1, 16 << 20);
        var model = Samples.Model(project.Id, file);
        await storage.Models.Add(model, file.Paths, Samples.Event("model_registered"), null, Token);

        await storage.Models.Delete(model.Id, Samples.Event("model_deleted"), Token);
        await storage.Sweep.Sweep(Token);

        Assert.InRange(await storage.Number($"select page_count * page_size from pragma_page_count(), pragma_page_size()"), 1, 1 << 20);
    }

    [Fact]
    public async Task Files_OfTheCatalogue_AreForTheirOwnerAlone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has other permissions.");
            return;
        }

        await folder.Stores().NewProject();

        foreach (var path in Directory.EnumerateFiles(folder.Folder.Path))
        {
            Assert.Equal((path, UnixFileMode.UserRead | UnixFileMode.UserWrite), (path, File.GetUnixFileMode(path)));
        }
    }

    [Fact]
    public async Task Files_OfTheCatalogue_HoldNoKeyInClear()
    {
        var storage = folder.Stores();
        var key = Samples.Key("ci", secret: "the secret of the key ");
        await storage.Keys.Add(key, Samples.Idempotency(), Token);

        var bytes = Directory.EnumerateFiles(folder.Folder.Path, "catalogue.db*").SelectMany(ReadAll).ToArray();

        Assert.True(bytes.AsSpan().IndexOf(key.Hash.AsSpan()) >= 0);
        Assert.True(bytes.AsSpan().IndexOf("the secret of"u8) < 0);
    }

    private void CopyDatabase(string target)
    {
        Directory.CreateDirectory(target);
        foreach (var name in new[] { "catalogue.db", "catalogue.db-wal" })
        {
            File.WriteAllBytes(Path.Combine(target, name), ReadAll(Path.Combine(folder.Folder.Path, name)));
        }
    }

    private static byte[] ReadAll(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var bytes = new MemoryStream();
        file.CopyTo(bytes);
        return bytes.ToArray();
    }

    private async Task<string> Text(string pragma)
    {
        await using var other = await Other();
        await using var command = other.CreateCommand();
        command.CommandText = pragma;
        return (string)(await command.ExecuteScalarAsync(Token))!;
    }

    private async Task<SqliteConnection> Other()
    {
        var other = new SqliteConnection($"Data Source={folder.Database};Pooling=False");
        await other.OpenAsync(Token);
        return other;
    }
}
