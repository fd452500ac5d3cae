using Microsoft.Extensions.Time.Testing;
using MlOps.InferenceLogs;
using Xunit;

namespace MlOps.Tests.InferenceLogs;

public sealed class InferenceIdTests
{
    private readonly FakeTimeProvider time = new(DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_123));

    [Fact]
    public void Id_IsAUuidVersion7OfItsMillisecond()
    {
        var id = new InferenceIds(time).Take(1)[0];

        Assert.Equal(7, id.Version);
        Assert.InRange(id.Variant, 8, 11);
        Assert.Equal($"{1_790_000_000_123:x12}", id.ToString("N")[..12]);
    }

    [Fact]
    public void Ids_RiseWithinAMillisecondAndWhenTheClockGoesBack()
    {
        var ids = new InferenceIds(time);
        var made = new List<string>();
        foreach (var step in new[] { 0, 0, 5, 0, -60_000, 0, 1, 70_000 })
        {
            time.AdjustTime(time.GetUtcNow().AddMilliseconds(step));
            var range = ids.Take(700);
            made.AddRange(Enumerable.Range(0, 700).Select(row => range[row].ToString()));
        }

        Assert.Equal(made.Order(StringComparer.Ordinal), made);
        Assert.Equal(made.Count, made.Distinct().Count());
    }

    [Fact]
    public void Ids_OfAFullMillisecond_CarryIntoTheNext()
    {
        var ids = new InferenceIds(time);
        var range = ids.Take((1 << 22) + 1);

        Assert.Equal($"{1_790_000_000_123:x12}", range[(1 << 22) - 1].ToString("N")[..12]);
        Assert.Equal($"{1_790_000_000_124:x12}", range[1 << 22].ToString("N")[..12]);
        Assert.True(string.CompareOrdinal(ids.Take(1)[0].ToString(), range[1 << 22].ToString()) > 0);
    }

    [Fact]
    public void Ids_OfManyThreads_AreAllDifferent()
    {
        var ids = new InferenceIds(time);
        var made = new Guid[8][];
        Parallel.For(0, made.Length, thread =>
            made[thread] = [.. Enumerable.Range(0, 2_000).Select(_ => ids.Take(3)).SelectMany(range => new[] { range[0], range[1], range[2] })]);

        Assert.Equal(8 * 6_000, made.SelectMany(one => one).Distinct().Count());
        Assert.All(made, one => Assert.Equal(one.Select(id => id.ToString()).Order(StringComparer.Ordinal), one.Select(id => id.ToString())));
    }

    [Fact]
    public void Ids_OfTwoSilosInOneMillisecond_Differ()
    {
        var (one, other) = (new InferenceIds(time).Take(1_000), new InferenceIds(time).Take(1_000));

        Assert.DoesNotContain(Enumerable.Range(0, 1_000), row => one[row] == other[row]);
    }
}
