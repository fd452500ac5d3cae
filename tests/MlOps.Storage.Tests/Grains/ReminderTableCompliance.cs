using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace MlOps.Tests.Grains;

/// <summary>What the table of reminders holds on every database, through Orleans' own provider.</summary>
public abstract class ReminderTableCompliance : IAsyncLifetime
{
    private static readonly DateTime Start = new(2026, 1, 2, 3, 4, 5, 678, DateTimeKind.Utc);

    private readonly List<IHost> silos = [];
    private IReminderTable table = null!;

    private protected abstract void UseStorage(ISiloBuilder silo);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => table = await Open();

    public virtual ValueTask DisposeAsync()
    {
        silos.ForEach(silo => silo.Dispose());
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Upsert_NewReminder_IsReadByTheNextProcessAsItWas()
    {
        var reminder = Reminder(1, "drift");
        var etag = await table.UpsertRow(reminder, Token);

        var read = await (await Open()).ReadRow(reminder.GrainId, "drift", Token);

        Assert.NotNull(read);
        Assert.Equal(
            (reminder.GrainId, "drift", Start, DateTimeKind.Utc, reminder.Period, etag),
            (read.GrainId, read.ReminderName, read.StartAt, read.StartAt.Kind, read.Period, read.ETag));
        Assert.Null(await table.ReadRow(reminder.GrainId, "another", Token));
        Assert.Null(await table.ReadRow(Grain(2), "drift", Token));
    }

    [Fact]
    public async Task Upsert_Again_ReplacesItUnderAnotherTag()
    {
        var first = await table.UpsertRow(Reminder(1, "drift"), Token);
        var second = await table.UpsertRow(Reminder(1, "drift", TimeSpan.FromDays(40)), Token);

        var read = await table.ReadRow(Grain(1), "drift", Token);

        Assert.NotEqual(first, second);
        Assert.NotNull(read);
        Assert.Equal((TimeSpan.FromDays(40), second), (read.Period, read.ETag));
        Assert.Single((await table.ReadRows(Grain(1), Token)).Reminders);
    }

    [Fact]
    public async Task Upsert_ManyAtOnce_HaveATagEach()
    {
        var other = await Open();

        var tags = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(() => (i % 2 == 0 ? table : other).UpsertRow(Reminder(1, "drift"), Token), Token)));

        Assert.Equal(40, tags.Distinct().Count());
    }

    [Fact]
    public async Task ReadRows_OfAGrain_HasItsRemindersOnly()
    {
        await table.UpsertRow(Reminder(1, "a"), Token);
        await table.UpsertRow(Reminder(1, "b"), Token);
        await table.UpsertRow(Reminder(2, "c"), Token);

        Assert.Equal(["a", "b"], (await table.ReadRows(Grain(1), Token)).Reminders.Select(reminder => reminder.ReminderName).Order());
        Assert.Empty((await table.ReadRows(Grain(3), Token)).Reminders);
    }

    // Silos share the ring of hashes out in ranges; one of them goes over its end.
    [Fact]
    public async Task ReadRows_OfRanges_HaveEachReminderOnce()
    {
        for (var grain = 0; grain < 60; grain++)
        {
            await table.UpsertRow(Reminder(grain, "r"), Token);
        }

        var hashes = Enumerable.Range(0, 60).ToDictionary(grain => Grain(grain), grain => Grain(grain).GetUniformHashCode());
        var bounds = new[] { 10u, 0x3000_0000u, 0x7fff_ffffu, 0x8000_0001u, 0xd000_0000u };
        var seen = new List<GrainId>();
        for (var i = 0; i < bounds.Length; i++)
        {
            var (begin, end) = (bounds[i], bounds[(i + 1) % bounds.Length]);
            var range = (await table.ReadRows(begin, end, Token)).Reminders.Select(reminder => reminder.GrainId).ToList();
            Assert.Equal(
                hashes.Where(grain => begin < end ? grain.Value > begin && grain.Value <= end : grain.Value > begin || grain.Value <= end).Select(grain => grain.Key).ToHashSet(),
                range.ToHashSet());
            seen.AddRange(range);
        }

        Assert.Equal(60, seen.Count);
        Assert.Equal(hashes.Keys.ToHashSet(), seen.ToHashSet());
        Assert.Equal(60, (await table.ReadRows(0, 0, Token)).Reminders.Count);
    }

    [Fact]
    public async Task Remove_UnderAnOldTag_LeavesIt()
    {
        var old = await table.UpsertRow(Reminder(1, "drift"), Token);
        var tag = await table.UpsertRow(Reminder(1, "drift"), Token);

        Assert.False(await table.RemoveRow(Grain(1), "drift", old!, Token));
        Assert.NotNull(await table.ReadRow(Grain(1), "drift", Token));
        Assert.True(await table.RemoveRow(Grain(1), "drift", tag!, Token));
        Assert.Null(await table.ReadRow(Grain(1), "drift", Token));
        Assert.False(await table.RemoveRow(Grain(1), "drift", tag!, Token));
    }

    [Fact]
    public async Task Clear_Table_TakesAllAway()
    {
        await table.UpsertRow(Reminder(1, "a"), Token);
        await table.UpsertRow(Reminder(2, "b"), Token);

        await table.TestOnlyClearTable(Token);

        Assert.Empty((await table.ReadRows(0, 0, Token)).Reminders);
    }

    private static GrainId Grain(int number) => GrainId.Create(GrainType.Create("reminded"), GrainIdKeyExtensions.CreateIntegerKey(number));

    private static ReminderEntry Reminder(int grain, string name, TimeSpan? period = null) =>
        new() { GrainId = Grain(grain), ReminderName = name, StartAt = Start, Period = period ?? TimeSpan.FromMinutes(1), ETag = "" };

    private async Task<IReminderTable> Open()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering();
            UseStorage(silo);
        });
        var host = builder.Build();
        silos.Add(host);
        var opened = host.Services.GetRequiredService<IReminderTable>();
        await opened.StartAsync(Token);
        return opened;
    }
}
