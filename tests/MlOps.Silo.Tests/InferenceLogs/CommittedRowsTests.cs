using System.Diagnostics.Metrics;
using Xunit;

namespace MlOps.Tests.InferenceLogs;

/// <summary>What the journal tells of its commits.</summary>
public sealed class CommittedRowsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("mlops-committed-").FullName;
    private readonly ModelFixture fixture = new("flights_linear");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>Who waits until nothing waits any more, as <c>drain</c> does, is told of every row.</summary>
    [Fact]
    public async Task Rows_AreCountedBeforeTheyWaitNoMore()
    {
        await using var silo = await StreamSilo.Start(folder);
        using var listener = new MeterListener();
        var told = new TaskCompletionSource<(long Rows, long WaitingBytes)>();
        listener.InstrumentPublished = (instrument, listening) =>
        {
            if (instrument.Meter.Scope == silo.Meters && instrument.Name == "mlops.journal.commit.duration")
            {
                listening.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => told.TrySetResult((silo.Journal.CommittedRows, silo.Journal.WaitingBytes)));
        listener.Start();
        var (_, deployment) = await fixture.Serve(silo.Client, await ModelFixture.Project(silo.Client, "committed"), fixture.Metadata.ToJsonString());
        Assert.True(await new AnsweredRows(deployment, fixture.Expected.GetProperty("inputs")[0].GetRawText()).Send(silo.Client, 10));

        var (rows, waiting) = await told.Task.WaitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(10, rows);
        Assert.True(waiting > 0, "They waited no more before they were counted.");
    }
}
