using System.Diagnostics;

namespace MlOps.Tests;

public sealed class DataFolderLockTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Take_NewFolder_MakesItPrivate()
    {
        using var held = DataFolderLock.Take(folder.Path);

        Assert.Equal(folder.Path, held.Folder.Path);
        Assert.True(Directory.Exists(held.Folder.Uploads) && Directory.Exists(held.Folder.ModelCache) && Directory.Exists(held.Folder.LoadMarkers));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder.Path));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder.Path, "lock")));
        }
    }

    [Fact]
    public void Take_RelativePath_IsMadeAbsolute()
    {
        using var held = DataFolderLock.Take(Path.GetRelativePath(Environment.CurrentDirectory, folder.Path));

        Assert.Equal(folder.Path, held.Folder.Path);
    }

    [Fact]
    public void Take_FolderInUse_SaysByWhomAndWhatToDo()
    {
        using var held = DataFolderLock.Take(folder.Path);

        var refusal = Assert.Throws<StorageStartException>(() => DataFolderLock.Take(folder.Path));

        Assert.Contains($"in use by process {Environment.ProcessId}", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("MLOPS__Storage__Data", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Take_FolderHeldByAProcessThatIsKilled_WorksAfterwards()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/flock"), "There is no flock(1) here to hold the lock in another process.");
        DataFolderLock.Take(folder.Path).Dispose();
        using var other = Process.Start(new ProcessStartInfo("/usr/bin/flock", [Path.Combine(folder.Path, "lock"), "sh", "-c", "echo held; exec cat"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        await other.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);

        var refusal = Assert.Throws<StorageStartException>(() => DataFolderLock.Take(folder.Path));
        other.Kill(entireProcessTree: true);
        await other.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Contains("in use by", refusal.Message, StringComparison.Ordinal);
        DataFolderLock.Take(folder.Path).Dispose();
    }

    [Fact]
    public void Take_AfterAnUnfinishedUpload_LeavesNoUploadsButTheMarkers()
    {
        using (var earlier = DataFolderLock.Take(folder.Path))
        {
            File.WriteAllText(Path.Combine(earlier.Folder.Uploads, "half"), "");
            File.WriteAllText(Path.Combine(earlier.Folder.LoadMarkers, "hash"), "");
        }

        using var held = DataFolderLock.Take(folder.Path);

        Assert.Empty(Directory.EnumerateFiles(held.Folder.Uploads));
        Assert.Single(Directory.EnumerateFiles(held.Folder.LoadMarkers));
    }

    [Fact]
    public void Take_PathThatIsAFile_SaysThatItCannotBeUsed()
    {
        File.WriteAllText(folder.Path, "");
        try
        {
            var refusal = Assert.Throws<StorageStartException>(() => DataFolderLock.Take(folder.Path));

            Assert.Contains("cannot be used", refusal.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(folder.Path);
        }
    }
}
