using MlOps.Drift;
using MlOps.Metrics;
using MlOps.Sql;

namespace MlOps.InferenceLogs;

/// <summary>Tables of counts to which each commit adds.</summary>
internal static class LogTotals
{
    public static Windows<SecondCounts> Seconds { get; } = new(
        $"inference_minutes",
        $"seconds",
        $"deployment, series, minute, journal",
        $"t.deployment = k.column2 and t.series = k.column3 and t.minute = k.column4 and t.journal = k.column5",
        bytes => SecondCounts.Read(bytes),
        (sum, more) => sum.Add(more),
        counts => counts.ToBytes());

    public static Windows<MinuteWindow> Metrics { get; } = new(
        $"metric_minutes",
        $"counts",
        $"deployment, minute, journal",
        $"t.deployment = k.column2 and t.minute = k.column3 and t.journal = k.column4",
        bytes => MinuteWindow.Read(bytes),
        (sum, more) => sum.Add(more),
        counts => counts.ToBytes());

    public static Windows<WindowCounts> Drift { get; } = new(
        $"drift_hours",
        $"counts",
        $"deployment, hour, journal",
        $"t.deployment = k.column2 and t.hour = k.column3 and t.journal = k.column4",
        bytes => WindowCounts.Read(bytes),
        (sum, more) => sum.Add(more),
        counts => counts.ToBytes());

    /// <summary>Adds to the rows of hours.</summary>
    /// <param name="hours">Values of deployment, series, hour and journal; rows.</param>
    public static async Task Add(ILogDatabase database, SqlSession session, IEnumerable<(Statement Key, long Rows)> hours)
    {
        foreach (var some in hours.Chunk(database.KeysAtOnce))
        {
            await session.Execute(
                $"""
                insert into inference_hours (deployment, series, hour, journal, total)
                values {Statement.Join($", ", some.Select(one => (Statement)$"({one.Key}, {one.Rows})"))}
                on conflict (deployment, series, hour, journal) do update set total = inference_hours.total + excluded.total
                """);
        }
    }

    /// <summary>A table whose counts are bytes: read, added to and written again.</summary>
    /// <param name="column">The counts.</param>
    /// <param name="key">The columns of the key.</param>
    /// <param name="matches">The row <c>t</c> has the key in <c>k</c>, of which the first column is a number and those after it are the key's values.</param>
    internal sealed class Windows<T>(Statement table, Statement column, Statement key, Statement matches, Func<byte[], T> read, Action<T, T> add, Func<T, byte[]> toBytes)
    {
        /// <param name="counts">Values of the key; what to add. They stay as they are.</param>
        public async Task Merge(ILogDatabase database, SqlSession session, IEnumerable<(Statement Key, T Counts)> counts)
        {
            foreach (var some in counts.Chunk(database.KeysAtOnce))
            {
                // The keys lead: each is looked up, however large the table is.
                var known = await session.All(
                    $"""
                    select k.column1 as number, t.{column} as counts
                    from (values {Statement.Join($", ", some.Select((one, number) => (Statement)$"({number}, {one.Key})"))}) k cross join {table} t where {matches}
                    """,
                    row => ((int)row.Number("number"), row.Bytes("counts")));
                var sums = some.Select(one => one.Counts).ToArray();
                foreach (var (number, bytes) in known)
                {
                    var sum = read(bytes);
                    add(sum, sums[number]);
                    sums[number] = sum;
                }

                await session.Execute(
                    $"""
                    insert into {table} ({key}, {column})
                    values {Statement.Join($", ", some.Select((one, number) => (Statement)$"({one.Key}, {toBytes(sums[number])})"))}
                    on conflict ({key}) do update set {column} = excluded.{column}
                    """);
            }
        }
    }
}
