using System.Runtime.InteropServices;
using MlOps.Models;
using Xunit;

namespace MlOps.Tests.Models;

public sealed unsafe partial class NativeHeapTests
{
    private const int Piece = 32 << 10;
    private const int Pieces = 64;
    private const int MostRounds = 100;

    [Fact]
    public void MakeReady_LeavesNextToNoPageOfTheNextAllocationsToBeBroughtIn()
    {
        Assert.SkipUnless(NativeHeap.InUse is not null && Environment.OSVersion.Version >= new Version(5, 14), "Needs glibc, and Linux 5.14.");
        var pages = Pieces * Piece / Environment.SystemPageSize;
        var (bare, ready) = (0L, 0L);
        // A thread of its own has a heap of its own, which may be one that an earlier thread left, with pages in it: those are used up first.
        var thread = new Thread(() =>
        {
            NativeHeap.MakeReady(0);
            for (var round = 0; round < MostRounds && bare < pages * 3 / 4; round++)
            {
                bare = FaultsOfAllocations();
            }

            NativeHeap.MakeReady(Pieces * Piece);
            ready = FaultsOfAllocations();
        });
        thread.Start();
        thread.Join();

        Assert.InRange(bare, pages * 3 / 4, long.MaxValue);
        Assert.InRange(ready, 0, bare / 4);
    }

    // Keeps what it took, so that the next takes other memory.
    private static long FaultsOfAllocations()
    {
        var before = Faults();
        for (var piece = 0; piece < Pieces; piece++)
        {
            NativeMemory.Fill(NativeMemory.Alloc(Piece), Piece, 1);
        }

        return Faults() - before;
    }

    private static long Faults()
    {
        const int OfThisThread = 1;
        var usage = default(Usage);
        Assert.Equal(0, ReadUsage(OfThisThread, &usage));
        return usage.MinorFaults;
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int ReadUsage(int who, Usage* usage);

    /// <summary>struct rusage of 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 18 * sizeof(long))]
    private readonly struct Usage
    {
        private readonly long userSeconds;
        private readonly long userMicroseconds;
        private readonly long systemSeconds;
        private readonly long systemMicroseconds;
        private readonly long mostResident;
        private readonly long sharedText;
        private readonly long data;
        private readonly long stack;

        public readonly long MinorFaults;
    }
}
