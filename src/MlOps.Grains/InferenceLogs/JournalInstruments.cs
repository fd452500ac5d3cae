using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace MlOps.InferenceLogs;

/// <summary>What the journal of answers tells an operator. It is only read, when somebody asks; the commits themselves tell how long they take (<see cref="StreamCounts"/>).</summary>
internal sealed class JournalInstruments(IMeterFactory meters, IJournalState journal, InferenceRecorder recorder, IOptions<InferenceLogOptions> options) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var meter = meters.Create("MlOps");
        meter.CreateObservableUpDownCounter("mlops.journal.waiting", () => journal.WaitingBytes, "By", "Bytes of the journal that the database does not have yet.");
        meter.CreateObservableUpDownCounter("mlops.journal.capacity", () => options.Value.MaxJournalBytes, "By", "Bytes that may wait for the database (InferenceLogs:MaxJournalBytes).");
        meter.CreateObservableGauge("mlops.journal.oldest_waiting", () => journal.OldestWaiting.TotalSeconds, "s", "At most so old is the oldest record that the database does not have.");
        meter.CreateObservableCounter("mlops.journal.committed_rows", () => journal.CommittedRows, "{row}", "Rows committed.");
        meter.CreateObservableCounter("mlops.journal.rejected_rows", () => journal.Rejects, "{row}", "Rows that the database refused, kept among its rejects.");
        meter.CreateObservableCounter("mlops.journal.dropped", () => recorder.Dropped, "{record}", "Records that a full journal did not take, of requests that were answered or refused all the same.");
        meter.CreateObservableCounter("mlops.journal.of_deleted", () => journal.OfDeleted, "{record}", "Records of what was deleted before they were committed.");
        meter.CreateObservableCounter("mlops.journal.damaged", () => journal.Damaged, "{part}", "Damaged parts of the journal that were passed over, and kept aside.");
        meter.CreateObservableCounter("mlops.journal.lost", () => journal.Lost, "{time}", "Times that the journal and the database did not fit together, so that rows are missing.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
