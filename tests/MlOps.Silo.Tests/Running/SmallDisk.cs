using System.Diagnostics;
using Xunit;

namespace MlOps.Tests.Running;

/// <summary>A disk of a few megabytes, in memory, mounted on a folder: it can be filled, emptied, and made read-only. Linux, as root.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string ballast;

    private SmallDisk(string path)
    {
        Path = path;
        ballast = System.IO.Path.Combine(path, "ballast");
    }

    public string Path { get; }

    /// <summary>Mounts one on a folder, which is made. The test is skipped where that cannot be done.</summary>
    public static SmallDisk Mount(string path, int megabytes)
    {
        Directory.CreateDirectory(path);
        var failure = OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess
            ? Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m,mode=0700", "tmpfs", path)
            : "it takes Linux and root";
        Assert.SkipWhen(failure is not null, $"No small disk can be mounted here: {failure}");
        return new SmallDisk(path);
    }

    /// <summary>Takes every byte that is left.</summary>
    public void Fill()
    {
        using var file = new FileStream(ballast, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        var piece = new byte[64 << 10];
        try
        {
            while (true)
            {
                file.Write(piece);
            }
        }
        catch (IOException) when (new DriveInfo(Path).AvailableFreeSpace == 0)
        {
            // Full, which is the aim.
        }
    }

    public void Free() => File.Delete(ballast);

    /// <summary>Mounts it anew without the right to write; nobody may have files of it open.</summary>
    public void MakeReadOnly() => Assert.Null(Run("mount", "-o", "remount,ro", Path));

    public void Dispose() => Run("umount", "-l", Path);

    /// <summary>Runs a program; null when it went well, else what it said.</summary>
    public static string? Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : said.Trim();
    }
}
