using System.Buffers;
using System.Collections.Immutable;
using Microsoft.Extensions.Options;
using MlOps.InferenceLogs;

namespace MlOps.Predictions;

/// <summary>One predict call, from the body's bytes to the answer's: read and check, run, write.</summary>
public sealed class Predictor(InferenceIds ids, InferenceRecorder recorder, PredictionInstruments instruments, TimeProvider time, IOptions<PredictionOptions> options)
{
    private readonly int maxRows = options.Value.MaxRows;

    /// <param name="admitted"><see cref="TimeProvider.GetTimestamp"/> at admission: latency and time limit count from there.</param>
    /// <exception cref="MlOpsException">400, 422, 424, 429 or 503 of the catalogue; nothing has been written then.</exception>
    public async ValueTask Answer(ReplicaLease lease, ReadOnlyMemory<byte> body, long admitted, IBufferWriter<byte> output, CancellationToken cancellation)
    {
        var replica = lease.Replica;
        var plan = replica.Plan;
        var batch = plan.Rent();
        try
        {
            var call = PredictBody.Read(body.Span, batch, maxRows);
            var explaining = call.Options.Contributions is { } choice ? await replica.BeginExplaining(batch, choice, admitted, cancellation) : null;
            try
            {
                await replica.Run(batch, admitted, cancellation);
            }
            catch (MlOpsException failed) when (failed.Code == ErrorCode.ModelError && batch.Unseen.Count > 0)
            {
                throw UnseenRefused(batch, call.Single, failed);
            }

            plan.Outputs.Interpret(batch.Outputs, 0, batch.Rows);
            if (explaining is not null)
            {
                await explaining.Run(cancellation);
            }

            var (rows, latency) = (ids.Take(batch.Rows), time.GetElapsedTime(admitted));
            await recorder.Answered(lease, batch, call, PredictBody.Text(body.Span), rows, latency);
            instruments.Answered(replica.Deployment.Id, batch.Rows, latency);
            PredictionWriter.Write(output, batch, call, replica, explaining?.Explainer, rows, latency);
        }
        finally
        {
            plan.Return(batch);
        }
    }

    // The runtime's own words name no feature; what the caller can change is the value that the model does not know.
    private static MlOpsException UnseenRefused(PredictionBatch batch, bool single, MlOpsException failed)
    {
        var faults = batch.Unseen.Select(one => (Feature: batch.Plan.Signature.Features[one.Feature], one.Row, one.Value)).Select(one => new Fault(
            $"/inputs{(single ? "" : $"/{one.Row}")}/{FaultList.Escape(one.Feature.Name)}",
            $"'{one.Feature.Name}' has the value '{one.Value}', which is not among its known values, and the model fails on it: {NearestName.Propose(one.Value, one.Feature.Domain.Select(value => value.ToString()))}"));
        ImmutableArray<Fault> all = [.. faults];
        return new MlOpsException(ErrorCode.InvalidInputs, $"The model fails on values that it does not know. {all[0].Detail}", all, failed);
    }
}
