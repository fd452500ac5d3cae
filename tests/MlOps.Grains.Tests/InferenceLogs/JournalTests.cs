using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using MlOps.InferenceLogs;
using Xunit;

namespace MlOps.Tests.InferenceLogs;

/// <summary>What was appended is read again, once and in order, whatever happens to the files.</summary>
public sealed class JournalTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("mlops-journal-").FullName;
    private readonly FakeTimeProvider time = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Frames_OfAnySizes_AreReadInOrderAcrossSegmentsAndStarts()
    {
        var run = 0;
        Gen.Select(Gen.Byte.Array[0, 3_000].List[0, 60], Gen.Int[1, 40_000]).Sample(
            (payloads, batch) =>
            {
                var own = Path.Combine(folder, $"{run++}");
                foreach (var part in payloads.Chunk(25))
                {
                    using var journal = Open(own, segmentBytes: 1 << 12, commitBytes: batch);
                    Assert.All(part, payload => Assert.True(Append(journal, payload)));
                }

                using var reading = Open(own, segmentBytes: 1 << 12, commitBytes: batch);
                var read = All(reading);
                Assert.Equal(payloads, read.Payloads);
                Assert.Empty(read.Skipped);
            },
            iter: 60, threads: 1);
    }

    [Fact]
    public async Task ConcurrentAppends_AreReadWhileTheyAreWritten_EachOnce()
    {
        const int Writers = 4;
        const int Each = 3_000;
        using var journal = Open(folder, segmentBytes: 1 << 16, commitBytes: 1 << 16);
        var writers = Enumerable.Range(0, Writers).Select(writer => Task.Run(
            () =>
            {
                for (var number = 0; number < Each; number++)
                {
                    Assert.True(Append(journal, [.. BitConverter.GetBytes((writer * Each) + number), .. new byte[number % 97]]));
                }
            },
            Cancellation)).ToArray();
        var read = new List<int>();
        var at = journal.Opening.From;
        while (read.Count < Writers * Each)
        {
            using var batch = journal.Read(at);
            Assert.Empty(batch.Skipped);
            read.AddRange(batch.Frames.Select(frame => BitConverter.ToInt32(frame.Payload.Span)));
            at = batch.Next;
        }

        await Task.WhenAll(writers);
        Assert.Equal(Enumerable.Range(0, Writers * Each), read.Order());
        Assert.All(read.GroupBy(number => number / Each), own => Assert.Equal(own.Order(), own));
    }

    public enum Harm
    {
        CutOff,
        BitFlipped,
        Zeroed,
        RestZeroed,
    }

    [Theory]
    [InlineData(Harm.CutOff)]
    [InlineData(Harm.BitFlipped)]
    [InlineData(Harm.Zeroed)]
    [InlineData(Harm.RestZeroed)]
    public void SegmentHarmedAtAnyByte_LosesNoWholeFrameElsewhere(Harm harm)
    {
        var (bytes, frames) = SmallSegment();
        for (var place = 0; place < bytes.Length; place++)
        {
            var harmed = Harmed(bytes, place, harm);
            var until = harm is Harm.CutOff or Harm.RestZeroed ? bytes.Length : place + 1;
            File.WriteAllBytes(JournalSegment.PathOf(folder, 1), harmed);

            var read = new List<byte[]>();
            var skipped = new List<SkippedSpan>();
            var reader = new JournalReader(folder);
            for (var at = new JournalPosition(1, 0); at.Segment == 1;)
            {
                using var batch = reader.Read(at, new JournalPosition(2, JournalSegment.HeadBytes), 400);
                read.AddRange(batch.Frames.Select(frame => frame.Payload.ToArray()));
                skipped.AddRange(batch.Skipped);
                Assert.True(batch.Next > at);
                at = batch.Next;
            }

            // Zeroes over zeroes harm nothing.
            var untouched = frames.Where(frame => frame.End <= place || frame.Start >= until || (frame.End <= harmed.Length && harmed.AsSpan(frame.Start..frame.End).SequenceEqual(bytes.AsSpan(frame.Start..frame.End))));
            Assert.Equal(untouched.Select(frame => frame.Payload), read);
            Assert.Equal(harmed.Length - JournalSegment.HeadBytes - read.Sum(payload => payload.Length + JournalFrame.HeadBytes), skipped.Sum(span => span.Length));
        }
    }

    [Fact]
    public void LastFrameCutOff_IsTorn_AndOneInTheMiddleIsDamaged()
    {
        var (bytes, frames) = SmallSegment();
        File.WriteAllBytes(JournalSegment.PathOf(folder, 1), bytes[..(frames[^1].End - 1)]);
        Assert.Equal([SkipReason.Torn], AllOfSegmentOne().Select(span => span.Reason));

        File.WriteAllBytes(JournalSegment.PathOf(folder, 1), Harmed(bytes, frames[1].Start, Harm.BitFlipped));
        Assert.Equal([SkipReason.Damaged], AllOfSegmentOne().Select(span => span.Reason));
    }

    [Fact]
    public void FullJournal_TakesNothing_UntilTheDatabaseHasSome()
    {
        using var journal = Open(folder, mostBytes: 1 << 20);
        var taken = 0;
        while (Append(journal, new byte[10_000]))
        {
            taken++;
        }

        Assert.Equal((1 << 20) / (10_000 + JournalFrame.HeadBytes), taken);
        using (var batch = journal.Read(journal.Opening.From))
        {
            journal.Committed(batch.Frames[3].End);
        }

        Assert.Equal(4, Enumerable.Range(0, 100).TakeWhile(_ => Append(journal, new byte[10_000])).Count());
    }

    [Fact]
    public void Start_OpensASegmentPastTheFilesAndTheDatabase()
    {
        using (var first = Open(folder))
        {
            Append(first, [1]);
            Assert.Equal(1, first.End.Segment);
        }

        using (var usual = Open(folder, committed: new JournalPosition(1, JournalSegment.HeadBytes + JournalFrame.HeadBytes + 1)))
        {
            Assert.Equal((2, JournalFinding.Usual), (usual.End.Segment, usual.Opening.Finding));
        }

        using (var cut = Open(folder, committed: new JournalPosition(2, 500)))
        {
            Assert.Equal((3, JournalFinding.DatabaseAhead), (cut.End.Segment, cut.Opening.Finding));
        }

        using var behind = Open(folder, committed: new JournalPosition(7, 90));
        Append(behind, [2]);
        Assert.Equal((8, JournalFinding.DatabaseAhead), (behind.End.Segment, behind.Opening.Finding));
        Assert.Equal([[2]], All(behind).Payloads);
    }

    [Fact]
    public void DatabaseRestoredFromBefore_IsReadAgainFromTheOldestKept()
    {
        using (var old = Open(folder, segmentBytes: 1 << 16))
        {
            Fill(old, segments: 3);
        }

        File.Delete(JournalSegment.PathOf(folder, 1));
        using var restored = Open(folder, committed: JournalPosition.Start);
        Assert.Equal((new JournalPosition(2, 0), JournalFinding.DatabaseBehind), (restored.Opening.From, restored.Opening.Finding));
        Assert.Equal(restored.WaitingBytes, All(restored).Payloads.Sum(payload => payload.Length + JournalFrame.HeadBytes));
    }

    [Fact]
    public void SegmentGoneWhileItIsNeeded_IsTold()
    {
        using var journal = Open(folder, segmentBytes: 1 << 16);
        Fill(journal, segments: 3);
        File.Delete(JournalSegment.PathOf(folder, 2));

        using var batch = journal.Read(new JournalPosition(2, 100));

        Assert.Equal([new SkippedSpan(new JournalPosition(2, 100), 0, SkipReason.Gone)], batch.Skipped);
        Assert.Equal(new JournalPosition(3, 0), batch.Next);
    }

    [Fact]
    public void CommittedSegments_StayForTheirTime()
    {
        using var journal = Open(folder, segmentBytes: 1 << 16, keepSeconds: 3_600);
        Fill(journal, segments: 3);

        journal.Committed(new JournalPosition(3, 0));
        time.Advance(TimeSpan.FromMinutes(59));
        journal.Committed(journal.End);
        Assert.Equal([1, 2, 3], JournalSegment.In(folder));

        time.Advance(TimeSpan.FromMinutes(2));
        journal.Committed(journal.End);
        Assert.Equal([3], JournalSegment.In(folder));
    }

    [Fact]
    public void CommittedSegments_OfADatabaseThatWasSetBack_StayForTheirTimeAgain()
    {
        using var journal = Open(folder, segmentBytes: 1 << 16, keepSeconds: 3_600);
        Fill(journal, segments: 3);
        journal.Committed(new JournalPosition(3, 0));
        time.Advance(TimeSpan.FromMinutes(59));

        journal.Committed(new JournalPosition(2, 0));
        time.Advance(TimeSpan.FromMinutes(2));
        journal.Committed(new JournalPosition(3, 0));
        Assert.Equal([1, 2, 3], JournalSegment.In(folder));

        time.Advance(TimeSpan.FromMinutes(61));
        journal.Committed(new JournalPosition(3, 0));
        Assert.Equal([3], JournalSegment.In(folder));
    }

    [Fact]
    public async Task DurableAppends_AreFlushedTogetherAndAcrossSegments()
    {
        using var journal = Open(folder, segmentBytes: 1 << 16, durability: JournalDurability.Disk);
        var appends = Enumerable.Range(0, 64).Select(number => Task.Run(async () => await journal.Append(Frame(new byte[4_000 + number])), Cancellation));

        Assert.All(await Task.WhenAll(appends), Assert.True);
        Assert.Equal(64, All(journal).Payloads.Count);
    }

    [Fact]
    public void Id_IsTheFoldersOwn()
    {
        using var first = Open(folder);
        Assert.Equal(first.Id, Journal.IdOf(folder, time));
        Assert.NotEqual(first.Id, Journal.IdOf(Path.Combine(folder, "other"), time));
    }

    private Journal Open(
        string own, JournalPosition? committed = null, int segmentBytes = 64 << 20, int commitBytes = 16 << 20, long mostBytes = 1L << 30, int keepSeconds = 3_600,
        JournalDurability durability = JournalDurability.Process) => Journal.Open(
        own,
        committed,
        new JournalLimits(durability, mostBytes, segmentBytes, commitBytes, TimeSpan.FromSeconds(keepSeconds)),
        time,
        NullLogger<Journal>.Instance);

    private static byte[] Frame(ReadOnlySpan<byte> payload)
    {
        var frame = new byte[JournalFrame.HeadBytes + payload.Length];
        payload.CopyTo(frame.AsSpan(JournalFrame.HeadBytes));
        return frame;
    }

    private static bool Append(Journal journal, ReadOnlySpan<byte> payload) => journal.Append(Frame(payload)).AsTask().GetAwaiter().GetResult();

    private static void Fill(Journal journal, int segments)
    {
        while (journal.End.Segment < segments || journal.End.Offset < 1_000)
        {
            Append(journal, new byte[1_000]);
        }
    }

    private static (List<byte[]> Payloads, List<SkippedSpan> Skipped) All(Journal journal)
    {
        List<byte[]> payloads = [];
        List<SkippedSpan> skipped = [];
        for (var at = journal.Opening.From; at < journal.End;)
        {
            using var batch = journal.Read(at);
            payloads.AddRange(batch.Frames.Select(frame => frame.Payload.ToArray()));
            skipped.AddRange(batch.Skipped);
            Assert.True(batch.Next > at);
            at = batch.Next;
        }

        return (payloads, skipped);
    }

    private List<SkippedSpan> AllOfSegmentOne()
    {
        using var batch = new JournalReader(folder).Read(new JournalPosition(1, 0), new JournalPosition(2, JournalSegment.HeadBytes), 1 << 20);
        return [.. batch.Skipped];
    }

    // A payload may hold what looks like a frame: another frame's bytes, marks, a frame's head for another place.
    private (byte[] Bytes, List<(int Start, int End, byte[] Payload)> Frames) SmallSegment()
    {
        var own = Path.Combine(folder, "small");
        List<(int, int, byte[])> frames = [];
        using (var journal = Open(own))
        {
            byte[] inside = [];
            foreach (var payload in (byte[][])[[], [1, 2, 3], new byte[70], [.. Enumerable.Range(0, 120).Select(number => (byte)number)], [9]])
            {
                var whole = payload.Length == 70 ? [.. inside, .. inside, 0x4A, 0x1D, 0xC8, 0xF5] : payload;
                var start = (int)journal.End.Offset;
                Assert.True(Append(journal, whole));
                inside = File.ReadAllBytes(JournalSegment.PathOf(own, 1))[start..];
                frames.Add((start, start + inside.Length, whole));
            }
        }

        return (File.ReadAllBytes(JournalSegment.PathOf(own, 1)), frames);
    }

    private static byte[] Harmed(byte[] bytes, int place, Harm harm)
    {
        var harmed = bytes.ToArray();
        switch (harm)
        {
            case Harm.CutOff:
                return bytes[..Math.Max(place, JournalSegment.HeadBytes)];
            case Harm.BitFlipped:
                harmed[place] ^= (byte)(1 << (place % 8));
                break;
            case Harm.Zeroed:
                harmed[place] = 0;
                break;
            default:
                harmed.AsSpan(place).Clear();
                break;
        }

        return harmed;
    }
}
