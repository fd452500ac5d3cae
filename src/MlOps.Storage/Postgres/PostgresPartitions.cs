using System.Collections.Immutable;
using System.Globalization;
using MlOps.InferenceLogs;
using MlOps.Sql;

namespace MlOps.Postgres;

/// <summary>
/// The parts of the log's table: one for each day of UTC that has rows. Making one is done beside commits and readers; taking one away needs them to pause for a moment. A part is
/// made and attached, or detached and dropped, in one transaction.
/// </summary>
internal static class PostgresPartitions
{
    private const string Prefix = "inference_rows_";
    private const string Form = "yyyyMMdd";

    private static readonly Statement All = $"select c.relname::text from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'inference_rows'::regclass";

    /// <summary>The days of rows' ids.</summary>
    public static SortedSet<DateOnly> Days(IReadOnlyList<LogRow> rows)
    {
        var days = new SortedSet<DateOnly>();
        var last = -1L;
        foreach (var row in rows)
        {
            var day = new InferenceId(row.Id).Milliseconds / TimeSpan.MillisecondsPerDay;
            if (day != last)
            {
                days.Add(Day(DateTimeOffset.FromUnixTimeMilliseconds(day * TimeSpan.MillisecondsPerDay)));
                last = day;
            }
        }

        return days;
    }

    public static DateOnly Day(DateTimeOffset time) => DateOnly.FromDateTime(time.UtcDateTime);

    public static DateTimeOffset Start(DateOnly day) => new(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);

    /// <summary>Whether all days have their part. They keep it until the transaction ends: the table is locked against who would take one away.</summary>
    public static async Task<bool> Are(SqlSession session, IReadOnlyCollection<DateOnly> days)
    {
        if (days.Count == 0)
        {
            return true;
        }

        await session.Execute($"lock table inference_rows in row exclusive mode");
        return (await Missing(session, days)).IsEmpty;
    }

    /// <summary>Makes the parts that are missing. Attached, not made in place: that would wait for every reader and commit, and stop those that come later.</summary>
    public static async Task Make(SqlSession session, IReadOnlyCollection<DateOnly> days)
    {
        await session.Alone(CatalogueLock.Partitions);
        foreach (var name in await Missing(session, days))
        {
            // Definitions take no parameters; what stands in them is made of dates.
            var start = Start(Parse(name));
            await session.Execute(Statement.Raw($"create table {name} (like inference_rows including defaults including constraints including storage)"));
            await session.Execute(Statement.Raw($"alter table inference_rows attach partition {name} for values from ('{First(start)}') to ('{First(start.AddDays(1))}')"));
        }
    }

    /// <summary>Takes the oldest part away when its day is before another. False when there is none.</summary>
    public static async Task<bool> DropOldest(SqlSession session, DateOnly before)
    {
        var oldest = (await session.All(All, row => row.GetString(0)))
            .Order(StringComparer.Ordinal)
            .FirstOrDefault(name => Parse(name) < before);
        if (oldest is null)
        {
            return false;
        }

        // Readers and commits that come meanwhile stand behind this one: it gives up soon, and comes again another time.
        await session.Execute($"set local lock_timeout = '1s'");
        await session.Execute(Statement.Raw($"alter table inference_rows detach partition {oldest}"));
        await session.Execute(Statement.Raw($"drop table {oldest}"));
        return true;
    }

    // From the catalogue's tables, as this statement sees them. to_regclass would ask the session's cache, which may not have heard of what others made while it waited.
    private static Task<ImmutableArray<string>> Missing(SqlSession session, IEnumerable<DateOnly> days) =>
        session.All(
            $"select d.column1 from (values {Statement.Join($", ", days.Select(day => (Statement)$"({Name(day)})"))}) d where d.column1 not in ({All})", row => row.GetString(0));

    private static string Name(DateOnly day) => Prefix + day.ToString(Form, CultureInfo.InvariantCulture);

    private static DateOnly Parse(string name) => DateOnly.ParseExact(name.AsSpan(Prefix.Length), Form, CultureInfo.InvariantCulture);

    private static Guid First(DateTimeOffset time) => LogRange.Of(null, time, null).End!.Value;
}
