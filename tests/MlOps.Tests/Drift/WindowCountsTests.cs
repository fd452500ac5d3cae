using CsCheck;
using MlOps.Drift;
using MlOps.Models;
using Xunit;

namespace MlOps.Tests.Drift;

public sealed class WindowCountsTests
{
    private static readonly ModelSignature Signature = DriftModels.Signature(
        DriftModels.Regression, ("number", FeatureType.Numeric), ("lacking", FeatureType.Numeric), ("text", FeatureType.Categorical));

    private static readonly Baseline Baseline = DriftModels.Baseline(
        DriftModels.Edges(10, 10, 10, 0), null, FeatureBinning.Freeze(FeatureType.Categorical, (string?[])["a", "b", "a", null]));

    private static readonly PredictionBins Frozen = FirstAnswers.Freeze(DriftModels.Regression, Cells(Enumerable.Range(0, 1_000).Select(row => row / 7.0)))!;
    private static readonly WindowCounter BeforeFreezing = new(Signature, Baseline, null);
    private static readonly WindowCounter AfterFreezing = new(Signature, Baseline, Frozen);

    // What a request leaves: bins of three features for each row (the second has none), predictions, and whether its silo has heard of the frozen bins.
    private static readonly Gen<(ushort[] Bins, double[] Values, bool IsFrozen)> Request = Gen.Select(
        Gen.Select(
            Gen.UShort[0, 3],
            Gen.UShort[0, 9],
            Gen.OneOf<ushort>(0, 1, 2, 3 | BinIndex.Unseen),
            Gen.OneOf(Gen.Double[-200, 200], Gen.Int[-3, 3].Select(whole => (double)whole))).Array[0, 4],
        Gen.Bool,
        (rows, frozen) => (rows.SelectMany(row => new[] { row.Item1, row.Item2, row.Item3 }).ToArray(), rows.Select(row => row.Item4).ToArray(), frozen));

    [Fact]
    public void Add_InAnyOrderAndGrouping_EqualsTheWhole() =>
        Gen.Select(Request.List[0, 30], Gen.Int[1, 5], Gen.Int).Sample((requests, parts, seed) =>
        {
            var whole = Count(requests);
            var windows = requests.Select((request, index) => (request, index)).GroupBy(one => one.index % parts).Select(group => Count(group.Select(one => one.request))).ToList();
            var random = new Random(seed);
            while (windows.Count > 1)
            {
                // Any two of them, the one into the other: every order and every grouping comes up.
                var from = random.Next(windows.Count);
                var taken = windows[from];
                windows.RemoveAt(from);
                windows[random.Next(windows.Count)].Add(taken);
            }

            Assert.Equal(whole.ToBytes(), (windows.Count == 0 ? AfterFreezing.Empty() : windows[0]).ToBytes());
        });

    [Fact]
    public void Count_EqualsWhatTheRowsHold() =>
        Request.List[0, 30].Sample(requests =>
        {
            var window = Count(requests);
            var rows = requests.SelectMany(request => request.Bins.Chunk(3)).ToList();

            Assert.Equal(rows.Count, window.Rows);
            Assert.Equal(rows.Count, window.Predictions.Rows);
            for (var bin = 0; bin < 4; bin++)
            {
                Assert.Equal(rows.Count(row => row[0] == bin), At(window.Feature(0), bin));
                Assert.Equal(rows.Count(row => (row[2] & ~BinIndex.Unseen) == bin), At(window.Feature(2), bin));
            }

            Assert.Equal(0, window.Feature(1).Length);
            Assert.Equal([0L, 0L, rows.Count(row => row[2] > BinIndex.Unseen)], [window.Unseen(0), window.Unseen(1), window.Unseen(2)]);
        });

    [Fact]
    public void In_FrozenBins_EqualsCountingThereFromTheStart() =>
        Request.List[0, 30].Sample(requests =>
        {
            var index = new BinIndex(Frozen.Bins);
            var expected = new long[Frozen.Bins.Counts.Length];
            foreach (var value in requests.SelectMany(request => request.Values))
            {
                expected[index.Of(value)]++;
            }

            Assert.Equal(expected, Count(requests).Predictions.In(Frozen, DriftModels.Regression));
        });

    [Fact]
    public void Read_WhatWasWritten_IsTheSame() =>
        Request.List[0, 30].Sample(requests =>
        {
            var bytes = Count(requests).ToBytes();

            Assert.Equal(bytes, WindowCounts.Read(bytes).ToBytes());
        });

    [Fact]
    public void Read_DamagedBytes_AreRefusedOrCountsButNothingElse()
    {
        var window = Count([([0, 0, 1, 3, 0, 3 | BinIndex.Unseen], [2.5, -7], false), ([1, 0, 2], [0], true)]);
        var bytes = window.ToBytes();
        for (var at = 0; at < bytes.Length; at++)
        {
            Assert.Throws<InvalidDataException>(() => WindowCounts.Read(bytes.AsSpan(0, at)));
            for (var bit = 0; bit < 8; bit++)
            {
                var damaged = bytes.ToArray();
                damaged[at] ^= (byte)(1 << bit);
                if (Record.Exception(() => WindowCounts.Read(damaged)) is { } exception)
                {
                    Assert.IsType<InvalidDataException>(exception);
                }
            }
        }

        Assert.Throws<InvalidDataException>(() => WindowCounts.Read([.. bytes, 0]));
        Assert.Contains("version 2", Assert.Throws<InvalidDataException>(() => WindowCounts.Read([2, .. bytes.AsSpan(1)])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new ushort[] { 0, 0, 0, 4, 0, 0 }, new[] { 1.0, 2.0 })]
    [InlineData(new ushort[] { 0, 0, 0, 0, 0, 4 }, new[] { 1.0, 2.0 })]
    [InlineData(new ushort[] { 0, 0, 0, 0 }, new[] { 1.0, 2.0 })]
    [InlineData(new ushort[] { 0, 0, 0, 0, 0, 0 }, new[] { 1.0, double.NaN })]
    public void Add_RowsOfNoSuchModel_AreRefusedWithoutATrace(ushort[] bins, double[] values)
    {
        var window = AfterFreezing.Empty();

        Assert.Throws<ArgumentException>(() => AfterFreezing.Add(window, bins, values));
        Assert.Equal(AfterFreezing.Empty().ToBytes(), window.ToBytes());
    }

    [Fact]
    public void Add_ClassThatTheModelLacks_IsRefusedWithoutATrace()
    {
        var counter = new WindowCounter(DriftModels.Signature(DriftModels.Classifier("a", "b"), ("x", FeatureType.Numeric)), null, null);
        var window = counter.Empty();

        Assert.Throws<ArgumentException>(() => counter.Add(window, [0, 0], [0, 2]));
        Assert.Throws<ArgumentException>(() => counter.Add(window, [0, 0], [-1, 1]));
        Assert.Equal(0, window.Rows);
    }

    [Fact]
    public void Add_RowsFromBeforeTheBaseline_CountWithoutTheirFeatures()
    {
        var window = AfterFreezing.Empty();
        AfterFreezing.Add(window, [], [1.0, 2.0, 3.0]);

        Assert.Equal((3, 3, 0), (window.Rows, window.Predictions.Rows, window.Feature(0).Length));
    }

    [Fact]
    public void Add_WindowOfAnotherModel_IsRefused() => Assert.Throws<ArgumentException>(() => new WindowCounts(2).Add(new WindowCounts(3)));

    private static WindowCounts Count(IEnumerable<(ushort[] Bins, double[] Values, bool IsFrozen)> requests)
    {
        var window = BeforeFreezing.Empty();
        foreach (var (bins, values, frozen) in requests)
        {
            (frozen ? AfterFreezing : BeforeFreezing).Add(window, bins, values);
        }

        return window;
    }

    private static PredictionCounts Cells(IEnumerable<double> values)
    {
        var counts = new PredictionCounts();
        new PredictionCounter(DriftModels.Regression, null).Add(counts, values.ToArray());
        return counts;
    }

    private static long At(ReadOnlySpan<long> counts, int bin) => bin < counts.Length ? counts[bin] : 0;
}
