using MlOps.Tests.Running;
using Xunit;

namespace MlOps.Tests.InferenceLogs;

/// <summary>
/// A disk that takes what is written to it, and may refuse to keep it: a file system in a file with holes, for which there is no room. What has been flushed to it survives its being
/// taken away; what was only written does not. Linux, as root.
/// </summary>
internal sealed class RefusingDisk : IDisposable
{
    private const int Files = 100;
    private const int PageBytes = 4096;

    private readonly SmallDisk below;
    private readonly string image;

    private RefusingDisk(SmallDisk below, string image, string path) => (this.below, this.image, Path) = (below, image, path);

    public string Path { get; }

    /// <summary>Mounts one below a folder. The test is skipped where that cannot be done.</summary>
    public static RefusingDisk Mount(string folder)
    {
        var below = SmallDisk.Mount(System.IO.Path.Combine(folder, "below"), 8);
        var image = System.IO.Path.Combine(below.Path, "image");
        using (var file = File.Create(image))
        {
            file.SetLength(64 << 20);
        }

        var disk = new RefusingDisk(below, image, Directory.CreateDirectory(System.IO.Path.Combine(folder, "disk")).FullName);
        var failure = SmallDisk.Run("mkfs.ext2", "-q", "-F", "-b", $"{PageBytes}", "-m", "0", "-N", "128", "-E", "nodiscard,lazy_itable_init=0", image) ?? disk.Mount();
        if (failure is not null)
        {
            below.Dispose();
            Assert.Skip($"No file system in a file can be mounted here: {failure}");
        }

        // What it knows of files has its place below, so that only contents can be refused.
        for (var number = 0; number < Files; number++)
        {
            File.Create(System.IO.Path.Combine(disk.Path, $"{number}")).Dispose();
        }

        Assert.Null(SmallDisk.Run("sync", "-f", disk.Path));
        for (var number = 0; number < Files; number++)
        {
            File.Delete(System.IO.Path.Combine(disk.Path, $"{number}"));
        }

        Assert.Null(SmallDisk.Run("sync", "-f", disk.Path));
        return disk;
    }

    public void Refuse() => below.Fill();

    /// <summary>Takes it away as it is, and brings it back with room and with its names in order.</summary>
    public void Replug()
    {
        Assert.Null(SmallDisk.Run("umount", Path));
        below.Free();
        SmallDisk.Run("sh", "-c", "e2fsck -f -y \"$0\" >&2", image);
        Assert.Null(Mount());
    }

    public void Dispose()
    {
        SmallDisk.Run("umount", "-l", Path);
        below.Dispose();
    }

    private string? Mount() => SmallDisk.Run("mount", "-o", "loop", image, Path) ?? AskByThePage();

    // The loop driver reports a request of several pages as done when only the first of them had room: by the page there is no half.
    private string? AskByThePage()
    {
        var device = File.ReadLines("/proc/mounts").Select(line => line.Split(' ')).Last(mount => mount[1] == Path)[0];
        try
        {
            File.WriteAllText($"/sys/block/{System.IO.Path.GetFileName(device)}/queue/max_sectors_kb", $"{PageBytes >> 10}");
            return null;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            SmallDisk.Run("umount", Path);
            return refused.Message;
        }
    }
}
