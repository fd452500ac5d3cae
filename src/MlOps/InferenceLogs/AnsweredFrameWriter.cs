using System.Runtime.InteropServices;
using MlOps.Deployments;
using MlOps.Models;
using MlOps.Predictions;

namespace MlOps.InferenceLogs;

/// <summary>Writes what <see cref="AnsweredFrame"/> reads, straight from the batch: the hot path makes no objects of it.</summary>
internal static class AnsweredFrameWriter
{
    /// <param name="body">What the rows' places in the batch refer to.</param>
    public static void Write(
        FrameBuffer frame, IReplica replica, RouteReason route, PredictionBatch batch, PredictCall call, ReadOnlySpan<byte> body, InferenceIdRange ids, TimeSpan latency)
    {
        var plan = batch.Plan;
        var output = plan.Signature.Output;
        var withheld = call.Options.AnonymizeLogs == true || SpecRules.Anonymizes(replica.Deployment.Spec.Privacy);
        var parts = Parts(output, plan, call, withheld);
        frame.Byte((byte)FrameKind.Answered);
        frame.Id(replica.Deployment.Project.Value);
        frame.Id(replica.Deployment.Id.Value);
        frame.Id(replica.Model.Id.Value);
        frame.Byte((byte)route);
        frame.Number((long)parts);
        frame.Number((long)Math.Ceiling(latency.TotalMicroseconds));
        frame.Number(batch.Rows);
        ids.Write(frame);
        Predictions(frame, batch, output, parts);
        var features = plan.Baseline is null ? 0 : plan.Columns.Length;
        frame.Number(features);
        frame.Raw(MemoryMarshal.AsBytes(batch.Bins.AsSpan(0, batch.Rows * features)));
        foreach (var external in call.Options.Ids ?? [])
        {
            frame.Text(external);
        }

        if (parts.HasFlag(AnsweredParts.Inputs))
        {
            for (var row = 0; row < batch.Rows; row++)
            {
                var sent = batch.Sent(row, body);
                var kept = TruncatedRow.Cut(sent);
                frame.Byte(kept.Length < sent.Length ? (byte)1 : (byte)0);
                if (kept.Length < sent.Length)
                {
                    frame.Number(kept.Length + 1);
                    frame.Raw(kept);
                    frame.Byte((byte)'}');
                }
                else
                {
                    frame.Text(sent);
                }
            }
        }
    }

    private static AnsweredParts Parts(OutputSpec output, PredictionPlan plan, PredictCall call, bool withheld) =>
        (output.Task == ModelTask.Regression ? AnsweredParts.Values : AnsweredParts.Classes)
        | (output.Task == ModelTask.Anomaly && output.ScoreWidth > 0 ? AnsweredParts.Values : AnsweredParts.None)
        | (plan.Outputs.HasProbabilities ? AnsweredParts.Probabilities : AnsweredParts.None)
        | (call.Options.Ids is null ? AnsweredParts.None : AnsweredParts.ExternalIds)
        | (withheld ? AnsweredParts.Withheld : call.Options.StorePayload ? AnsweredParts.Inputs : AnsweredParts.None);

    private static void Predictions(FrameBuffer frame, PredictionBatch batch, OutputSpec output, AnsweredParts parts)
    {
        if (parts.HasFlag(AnsweredParts.Classes))
        {
            frame.Number(output.Classes.Length);
            foreach (var name in output.Classes)
            {
                frame.Text(name);
            }

            for (var row = 0; row < batch.Rows; row++)
            {
                frame.Number(batch.Outputs.Classes[row]);
            }
        }

        if (parts.HasFlag(AnsweredParts.Values))
        {
            for (var row = 0; row < batch.Rows; row++)
            {
                frame.Fixed(batch.Outputs.Scores[row * output.ScoreWidth]);
            }
        }

        if (parts.HasFlag(AnsweredParts.Probabilities))
        {
            frame.Raw(MemoryMarshal.AsBytes(batch.Outputs.Probabilities.AsSpan(0, batch.Rows * output.Classes.Length)));
        }
    }
}
