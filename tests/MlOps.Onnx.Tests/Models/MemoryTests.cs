using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace MlOps.Tests.Models;

/// <summary>What models take of memory is counted, and comes back.</summary>
public sealed class MemoryTests
{
    // A session takes about 300 KiB: one kept in each of the shorter run's cycles is four times this.
    private const long MostLeftBehind = 32L << 20;

    private static readonly int Cycles = Environment.GetEnvironmentVariable("MLOPS_LONG") == "1" ? 10_000 : 500;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task LoadRunUnload_ManyTimes_LeavesNothingBehind()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Memory is read from /proc.");

        Assert.InRange((await Child("model-cycles", $"{Cycles}"))[0], long.MinValue, MostLeftBehind);
    }

    [Fact]
    public async Task LoadRunUnload_WithASessionKeptInEachCycle_IsCaught()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Memory is read from /proc.");

        Assert.True((await Child("model-cycles", "500", "leak"))[0] > MostLeftBehind);
    }

    [Fact]
    public async Task Account_OfManyModels_IsWhatTheyTook()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Memory is read from /proc.");

        var (account, heap, resident) = await Child("model-account", "200") is [var a, var h, var r] ? (a, h, r) : default;

        Assert.InRange((double)account / heap, 0.8, 1.25);
        Assert.InRange((double)account / resident, 0.67, 1.5);
    }

    // The tests' own executable in another role.
    private static async Task<long[]> Child(params string[] arguments)
    {
        var own = Environment.ProcessPath!;
        string[] command = Path.GetFileNameWithoutExtension(own) == "dotnet" ? [own, typeof(MemoryTests).Assembly.Location, .. arguments] : [own, .. arguments];
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true })!;
        var printed = await process.StandardOutput.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        Assert.Equal(0, process.ExitCode);
        return [.. printed.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(number => long.Parse(number, CultureInfo.InvariantCulture))];
    }
}
