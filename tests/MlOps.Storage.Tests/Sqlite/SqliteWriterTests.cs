using MlOps.Sqlite;

namespace MlOps.Tests.Sqlite;

public sealed class SqliteWriterTests : IDisposable
{
    private const int MostWaiting = 2_048;

    private readonly SqliteFolder folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Writes_BehindMoreThanAnyoneWaitsFor_AreRefusedAtOnceAndTheOthersDone()
    {
        using var writer = new SqliteWriter(new(folder.Database), SqliteCatalogue.Bind, "catalogue");
        using var gate = new ManualResetEventSlim();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = writer.Write(
            session =>
            {
                begun.SetResult();
                gate.Wait(Token);
                return session.Number($"select 1");
            },
            Token);
        await begun.Task.WaitAsync(Token);
        var waiting = Enumerable.Range(0, MostWaiting).Select(number => writer.Write(session => session.Number($"select {number}"), Token)).ToArray();

        var thrown = Record.Exception(() => { _ = writer.Write(session => session.Number($"select 1"), Token); });
        gate.Set();

        var refusal = Assert.IsType<MlOpsException>(thrown);
        Assert.Equal(ErrorCode.Busy, refusal.Code);
        Assert.Contains("Too many changes wait for the catalogue", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(1, await first);
        Assert.Equal(Enumerable.Range(0, MostWaiting).Select(number => (long?)number), await Task.WhenAll(waiting));
        Assert.Equal(2, await writer.Write(session => session.Number($"select 2"), Token));
    }
}
