using CsCheck;
using MlOps.InferenceLogs;

namespace MlOps.Tests.InferenceLogs;

/// <summary>Pages against a list in memory that is filtered and sorted.</summary>
public abstract class LogPageCompliance : IDisposable
{
    private static readonly string[] Labels = ["yes", "no", "rare"];
    private static readonly int[] Statuses = [200, 422, 424];
    private static readonly double[] Values = [0, 1.5, -2.25, 1e300];

    private readonly CommittedLog log;

    protected LogPageCompliance() => log = Open();

    private protected abstract CommittedLog Open();

    private static CancellationToken Token => CommittedLog.Token;

    public void Dispose()
    {
        log.Dispose();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Page_OfAnyFilter_IsThatOfTheList(int seed)
    {
        var (deployments, rows) = await Fill(seed);
        var (first, last) = (rows.Min(row => row.Milliseconds()), rows.Max(row => row.Milliseconds()));
        var edge = Gen.OneOf(Gen.Long[first - 5_000, last + 5_000], Gen.Int[0, rows.Count - 1].Select(Gen.Long[-1, 1], (row, off) => rows[row].Milliseconds() + off));
        var range = Gen.OneOf(Gen.Const(LogRange.All), edge.Select(edge, (a, b) => new LogRange(a, b)));
        var filter = Gen.Select(
            range,
            Gen.Frequency((3, Gen.Const((int?)null)), (1, AnyOf(Statuses).Select(status => (int?)status)), (1, Gen.Const((int?)500))),
            Gen.Frequency((3, Gen.Const((string?)null)), (1, AnyOf(Labels).Select(label => (string?)label)), (1, AnyOf<string?>("none", "a\0", "\ud800"))),
            Gen.Frequency((4, Gen.Const((double?)null)), (1, AnyOf(Values).Select(value => (double?)value))),
            Gen.Frequency((4, Gen.Const((string?)null)), (1, Gen.Int[0, 30].Select(id => (string?)$"e{id}"))),
            (within, status, label, value, external) => new LogFilter(within, status, label, value, external));
        var query = Gen.Select(AnyOf(deployments), filter, Gen.Enum<LogOrder>(), Gen.OneOf(Gen.Int[0, 20], Gen.Int[0, rows.Count]), Gen.Int[1, 60]);

        await query.SampleAsync(
            async one =>
            {
                var (deployment, asked, order, offset, limit) = one;
                var matching = rows.Where(row => row.Deployment == deployment.Id && Matches(asked, row));
                var sorted = (order == LogOrder.NewestFirst ? matching.OrderByDescending(row => row.Id) : matching.OrderBy(row => row.Id)).ToList();

                var page = await log.Reader.Page(deployment.Id, asked, order, new(limit, offset), Token);

                Assert.Equal(sorted.Count, page.Total);
                Assert.Equal(sorted.Skip(offset).Take(limit).Select(row => row.Id), page.Items.Select(item => item.Row.Id));
            },
            iter: 400,
            threads: 1);
    }

    [Fact]
    public async Task Page_OfUnknownDeployment_IsEmpty()
    {
        var page = await log.Reader.Page(CommittedLog.Deployment().Id, new(LogRange.All), LogOrder.NewestFirst, new(5, 7), Token);

        Assert.Equal((0, 0L, 5, 7L), (page.Items.Length, page.Total, page.Limit, page.Offset));
    }

    [Theory]
    [InlineData(7)]
    [InlineData(1_000)]
    public async Task Bins_InParts_AreAllAnsweredRowsOfTheRange(int limit)
    {
        var (deployments, rows) = await Fill(3);
        var range = new LogRange(rows.Min(row => row.Milliseconds()) + 1, rows.Max(row => row.Milliseconds()));
        var expected = rows.Where(row => row.Deployment == deployments[0].Id && row.StatusCode == 200 && In(range, row)).OrderBy(row => row.Id).ToList();

        var read = new List<BinnedRow>();
        Guid? after = null;
        while (await log.Reader.Bins(deployments[0].Id, range, after, limit, Token) is { Count: > 0 } part)
        {
            Assert.InRange(part.Count, 1, limit);
            read.AddRange(part);
            after = part[^1].Id;
        }

        Assert.Equal(
            expected.Select(row => (row.Id, Convert.ToHexString(row.Bins.Span), row.Label, row.Value)),
            read.Select(row => (row.Id, Convert.ToHexString(row.Bins.Span), row.Label, row.Value)));
    }

    // Rows of a minute crowd, others lie hours and days apart; two journals, and three deployments of which one counts no classes.
    private async Task<(LoggedDeployment[] Deployments, List<LogRow> Rows)> Fill(int seed)
    {
        LoggedDeployment[] deployments = [CommittedLog.Deployment(), CommittedLog.Deployment(countsClasses: false), CommittedLog.Deployment(countsClasses: false)];
        TestJournal[] journals = [new(seed), new(seed + 100)];
        var random = new Random(seed);
        var all = new List<LogRow>();
        for (var commit = 0; commit < 30; commit++)
        {
            var journal = journals[random.Next(2)];
            var start = Samples.Now.AddHours(random.Next(4) == 0 ? -random.Next(80) : -random.Next(3));
            var rows = Enumerable.Range(0, random.Next(1, 60)).Select(_ => Any(journal, deployments[random.Next(3)], start.AddMilliseconds(random.Next(random.Next(2) == 0 ? 1_500 : 900_000)), random)).ToList();
            await log.Commit(journal.Commit(deployments, rows));
            all.AddRange(rows);
        }

        return (deployments, all);

        LogRow Any(TestJournal journal, LoggedDeployment deployment, DateTimeOffset at, Random random) => journal.Row(deployment, at, row => row with
        {
            StatusCode = random.Next(6) == 0 ? Statuses[random.Next(1, 3)] : 200,
            Label = null,
            ExternalId = random.Next(3) == 0 ? $"e{random.Next(20)}" : null,
        } is var made && made.StatusCode != 200 ? made with { Refusal = new("x", "y", 1) }
            : deployment == deployments[2] ? made with { Value = Values[random.Next(Values.Length)] }
            : made with { Label = Labels[random.Next(8) is 7 ? 2 : random.Next(2)] });
    }

    private static Gen<T> AnyOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(at => values[at]);

    private static bool In(LogRange range, LogRow row) => row.Milliseconds() >= range.From && row.Milliseconds() < range.To;

    private static bool Matches(LogFilter filter, LogRow row) => In(filter.Range, row)
        && (filter.StatusCode is not { } status || row.StatusCode == status)
        && (filter.Label is not { } label || row.Label == label)
        && (filter.Value is not { } value || row.Value == value)
        && (filter.ExternalId is not { } external || row.ExternalId == external);
}
