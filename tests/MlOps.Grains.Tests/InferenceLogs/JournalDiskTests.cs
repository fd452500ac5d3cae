using Microsoft.Extensions.Logging.Abstractions;
using MlOps.InferenceLogs;
using MlOps.Tests.Running;
using Xunit;

namespace MlOps.Tests.InferenceLogs;

/// <summary>Journals on disks that are full, and on disks that refuse what they had taken.</summary>
public sealed class JournalDiskTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("mlops-journal-disk-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>Frames of all sizes meet the end of the disk in their middle: none is taken in part, and the journal goes on when there is room.</summary>
    [Fact]
    public void FullDiskInMidFrame_TakesWholeFramesOrNone()
    {
        using var disk = SmallDisk.Mount(Path.Combine(folder, "small"), 1);
        var random = new Random(8);
        var taken = new List<byte[]>();
        using (var journal = Open(disk.Path, JournalDurability.Process))
        {
            for (var round = 0; round < 8; round++)
            {
                // Ever smaller ones until nothing fits any more.
                for (var most = 60_000; most > 0; most /= 2)
                {
                    while (Append(Payload(random.Next(most))))
                    {
                    }
                }

                Assert.Equal(JournalFrames(taken), new DirectoryInfo(disk.Path).EnumerateFiles("*.journal").Sum(file => file.Length - JournalSegment.HeadBytes));

                // Committed segments go, and make room.
                using var batch = journal.Read(journal.Opening.From);
                var oldest = JournalSegment.In(disk.Path);
                foreach (var number in oldest.SkipLast(1))
                {
                    File.Delete(JournalSegment.PathOf(disk.Path, number));
                }

                taken.RemoveRange(0, taken.Count - Count(oldest[^1]));
            }

            bool Append(byte[] payload)
            {
                if (!journal.Append(Frame(payload)).AsTask().GetAwaiter().GetResult())
                {
                    return false;
                }

                taken.Add(payload);
                return true;
            }
        }

        Assert.Equal(taken, Read(disk.Path, JournalSegment.In(disk.Path)[0]));

        byte[] Payload(int length)
        {
            var payload = new byte[length];
            random.NextBytes(payload);
            return payload;
        }

        int Count(long segment) => Read(disk.Path, segment).Count;
    }

    /// <summary>With durability <c>disk</c>: what was answered survives the disk's being taken away, and what it refused was not answered.</summary>
    [Fact]
    public async Task DiskThatRefusesAFlush_AnswersOnlyWhatItKeeps()
    {
        const int Writers = 12;
        for (var round = 0; round < 10; round++)
        {
            using var disk = RefusingDisk.Mount(Path.Combine(folder, $"{round}"));
            var own = Path.Combine(disk.Path, "journal");
            var answered = new HashSet<int>();
            var number = 0;
            using (var journal = Open(own, JournalDurability.Disk))
            {
                Assert.True(await Append(journal));
                disk.Refuse();
                await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(
                    async () =>
                    {
                        for (var refused = 0; refused < 3;)
                        {
                            refused += await Append(journal) ? 0 : 1;
                            Assert.InRange(number, 0, 200_000);
                        }
                    },
                    Cancellation)));
            }

            disk.Replug();
            var kept = Read(own, 1).Select(payload => BitConverter.ToInt32(payload)).ToHashSet();
            Assert.Empty(answered.Except(kept));
            using var again = Open(own, JournalDurability.Disk);
            Assert.True(await Append(again));

            async Task<bool> Append(Journal journal)
            {
                var mine = Interlocked.Increment(ref number);
                var isKept = await journal.Append(Frame([.. BitConverter.GetBytes(mine), .. new byte[mine % 700]]));
                lock (answered)
                {
                    return isKept && answered.Add(mine);
                }
            }
        }
    }

    private static Journal Open(string own, JournalDurability durability) =>
        Journal.Open(own, null, new JournalLimits(durability, 1L << 30, 1 << 18, 1 << 20, TimeSpan.FromHours(1)), TimeProvider.System, NullLogger<Journal>.Instance);

    private static byte[] Frame(ReadOnlySpan<byte> payload)
    {
        var frame = new byte[JournalFrame.HeadBytes + payload.Length];
        payload.CopyTo(frame.AsSpan(JournalFrame.HeadBytes));
        return frame;
    }

    private static long JournalFrames(IEnumerable<byte[]> payloads) => payloads.Sum(payload => (long)payload.Length + JournalFrame.HeadBytes);

    private static List<byte[]> Read(string own, long from)
    {
        var (reader, read) = (new JournalReader(own), new List<byte[]>());
        var end = new JournalPosition(JournalSegment.In(own)[^1] + 1, JournalSegment.HeadBytes);
        for (var at = new JournalPosition(from, 0); ;)
        {
            using var batch = reader.Read(at, end, 1 << 20);
            if (batch.Next == at)
            {
                return read;
            }

            read.AddRange(batch.Frames.Select(frame => frame.Payload.ToArray()));
            at = batch.Next;
        }
    }
}
