using System.Buffers;
using System.Text;
using System.Text.Json;
using CsCheck;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using MlOps.InferenceLogs;
using MlOps.Models;
using MlOps.Predictions;
using MlOps.Tests.InferenceLogs;
using Xunit;

namespace MlOps.Tests.Predictions;

public sealed class PredictorTests : IDisposable
{
    private static readonly OutputSpec Binary =
        new(ModelTask.Classification, "label", ["0", "1"], ["p"], [], 2, false, ScoreKind.Probability, ["no", "größer \"5\""], null, []);

    private readonly KeptJournal journal = new();
    private readonly ReadMeters meters = new();
    private readonly FakeTimeProvider time = new(DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_000));

    public void Dispose() => meters.Dispose();

    [Fact]
    public async Task Answer_Classification_HasLabelProbabilitiesAndWhoAnswered()
    {
        var replica = new StubReplica(Signatures.Plan(Binary, null, Feature.Number("x")), batch =>
        {
            batch.Outputs.IntegerLabels[0] = 1;
            (batch.Outputs.Scores[0], batch.Outputs.Scores[1]) = (0.25, 0.75);
            time.Advance(TimeSpan.FromMicroseconds(1_234));
        });

        var answer = await Answer(replica, "{\"inputs\":{\"x\":1},\"options\":{\"ids\":[\"order 7\"]}}");

        var row = Assert.Single(answer.GetProperty("predictions").EnumerateArray());
        Assert.Equal("größer \"5\"", row.GetProperty("prediction").GetString());
        Assert.Equal(0.75, row.GetProperty("probability").GetDouble());
        Assert.Equal("{\"no\":0.25,\"größer \\\"5\\\"\":0.75}", row.GetProperty("probabilities").GetRawText());
        Assert.Equal("order 7", row.GetProperty("external_id").GetString());
        Assert.Equal(7, row.GetProperty("id").GetGuid().Version);
        Assert.Equal(2, answer.GetProperty("latency_ms").GetInt32());
        Assert.Equal(1_234, answer.GetProperty("latency_us").GetInt32());
        Assert.Equal(replica.Deployment.Id.ToString(), answer.GetProperty("deployment_id").GetString());
        Assert.Equal(replica.Model.Id.ToString(), answer.GetProperty("model_id").GetString());
        Assert.False(answer.TryGetProperty("warnings", out _));
        Assert.False(row.TryGetProperty("contributions", out _));
        Assert.False(row.TryGetProperty("score", out _));
    }

    [Fact]
    public async Task Answer_RegressionOfSeveralRows_HasNumbersInOrderAndIdsThatRise()
    {
        var replica = Echo(Feature.Number("x"));

        var answer = await Answer(replica, "{\"inputs\":[{\"x\":1,\"extra\":0},{\"x\":-0.1},{\"x\":3e20}]}");

        var rows = answer.GetProperty("predictions").EnumerateArray().ToList();
        Assert.Equal([1, -0.1, 3e20], rows.Select(row => row.GetProperty("prediction").GetDouble()));
        Assert.Equal(["prediction", "id"], rows[0].EnumerateObject().Select(one => one.Name));
        var ids = rows.Select(row => row.GetProperty("id").GetString()!).ToList();
        Assert.Equal(ids.Order(StringComparer.Ordinal).Distinct(), ids);
        Assert.Equal("'extra' is no feature of this model and was ignored.", answer.GetProperty("warnings")[0].GetString());
    }

    [Fact]
    public async Task Answer_Anomaly_HasItsScore()
    {
        var spec = new OutputSpec(ModelTask.Anomaly, "label", ["-1", "1"], ["scores"], [], 1, false, ScoreKind.Value, ["-1", "1"], null, []);
        var replica = new StubReplica(Signatures.Plan(spec, null, Feature.Number("x")), batch => (batch.Outputs.IntegerLabels[0], batch.Outputs.Scores[0]) = (-1, -0.5));

        var row = (await Answer(replica, "{\"inputs\":{\"x\":1}}")).GetProperty("predictions")[0];

        Assert.Equal("-1", row.GetProperty("prediction").GetString());
        Assert.Equal(-0.5, row.GetProperty("score").GetDouble());
        Assert.False(row.TryGetProperty("probabilities", out _));
    }

    [Fact]
    public void Answer_AnyScores_ParsesBackToThePredictions() =>
        Gen.Double[0, 1].Array[1, 40].Sample(scores =>
        {
            var plan = Signatures.Plan(Binary with { Label = null, GraphLabels = [], ScoreWidth = 1 }, null, Feature.Number("x"));
            var read = new List<Prediction>();
            var replica = new StubReplica(plan, batch =>
            {
                scores.CopyTo(batch.Outputs.Scores, 0);
                read.AddRange(Enumerable.Range(0, batch.Rows).Select(batch.Read));
            });
            var answer = Answer(replica, $"{{\"inputs\":[{string.Join(',', scores.Select(_ => "{\"x\":1}"))}]}}").GetAwaiter().GetResult();

            Assert.Equal(
                read.Select(one => (one.Label, one.Probabilities[0], one.Probabilities[1], one.Label == "no" ? one.Probabilities[0] : one.Probabilities[1])),
                answer.GetProperty("predictions").EnumerateArray().Select(row => (
                    row.GetProperty("prediction").GetString(),
                    row.GetProperty("probabilities").GetProperty("no").GetDouble(),
                    row.GetProperty("probabilities").GetProperty("größer \"5\"").GetDouble(),
                    row.GetProperty("probability").GetDouble())));
        }, iter: 200);

    [Fact]
    public async Task Answer_OutputNotFinite_IsRefusedBeforeAnythingIsWritten()
    {
        var output = new ArrayBufferWriter<byte>();
        var replica = new StubReplica(Signatures.Plan(Feature.Number("x")), batch => (batch.Outputs.Scores[0], batch.Outputs.Scores[1]) = (1, double.NaN));

        var refused = await Refused(replica, "{\"inputs\":[{\"x\":1},{\"x\":2}]}", output);

        Assert.Equal(ErrorCode.OutputNotFinite, refused.Code);
        Assert.Contains("row 1", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, output.WrittenCount);
    }

    [Fact]
    public async Task Run_FailingOnUnseenCategories_NamesThem()
    {
        var replica = Failing(Feature.Category("colour", "red", "green"));

        var refused = await Refused(replica, "{\"inputs\":[{\"colour\":\"red\"},{\"colour\":\"grean\"}]}");

        Assert.Equal(ErrorCode.InvalidInputs, refused.Code);
        var fault = Assert.Single(refused.Faults);
        Assert.Equal("/inputs/1/colour", fault.Pointer);
        Assert.Contains("'grean'", fault.Detail, StringComparison.Ordinal);
        Assert.Contains("did you mean 'green'?", fault.Detail, StringComparison.Ordinal);
        Assert.Equal("/inputs/colour", Assert.Single((await Refused(replica, "{\"inputs\":{\"colour\":\"blue\"}}")).Faults).Pointer);
    }

    [Fact]
    public async Task Run_FailingOnKnownValues_IsTheModelsFault() =>
        Assert.Equal(ErrorCode.ModelError, (await Refused(Failing(Feature.Category("colour", "red")), "{\"inputs\":{\"colour\":\"red\"}}")).Code);

    [Fact]
    public async Task Batch_AfterAnAnswerOrARefusal_IsUsedAgain()
    {
        var replica = Echo(Feature.Number("x"));
        var first = replica.Plan.Rent();
        replica.Plan.Return(first);

        await Answer(replica, "{\"inputs\":{\"x\":1}}");
        await Refused(replica, "{\"inputs\":{\"x\":\"one\"}}");
        await Refused(replica, "{");

        Assert.Same(first, replica.Plan.Rent());
    }

    [Fact]
    public async Task Run_GetsTheTimeOfAdmission()
    {
        var replica = Echo(Feature.Number("x"));
        var admitted = time.GetTimestamp();
        time.Advance(TimeSpan.FromSeconds(3));

        await Predictor().Answer(new ReplicaLease(replica, RouteReason.Direct), Encoding.UTF8.GetBytes("{\"inputs\":{\"x\":1}}"), admitted, new ArrayBufferWriter<byte>(), TestContext.Current.CancellationToken);

        Assert.Equal(admitted, replica.Admitted);
    }

    [Fact]
    public async Task Answer_IsNotGiven_WhenTheJournalIsFull()
    {
        journal.IsFull = true;
        var output = new ArrayBufferWriter<byte>();

        var refused = await Refused(Echo(Feature.Number("x")), "{\"inputs\":{\"x\":1}}", output);

        Assert.Equal(ErrorCode.JournalFull, refused.Code);
        Assert.Equal(0, output.WrittenCount);
    }

    [Fact]
    public async Task Refusal_LeavesNothingOfTheRows()
    {
        await Refused(Echo(Feature.Number("x")), "{\"inputs\":{\"x\":\"one\"}}");

        Assert.Empty(journal.Payloads);
    }

    private static StubReplica Echo(params Feature[] features) => new(Signatures.Plan(features), batch =>
    {
        for (var row = 0; row < batch.Rows; row++)
        {
            batch.Outputs.Scores[row] = double.Parse(Signatures.Fed(batch, row, 0), System.Globalization.CultureInfo.InvariantCulture);
        }
    });

    private static StubReplica Failing(params Feature[] features) =>
        new(Signatures.Plan(features), _ => throw new MlOpsException(ErrorCode.ModelError, "The graph failed."));

    private Predictor Predictor()
    {
        var ids = new InferenceIds(time);
        var options = Options.Create(new PredictionOptions());
        var instruments = new PredictionInstruments(meters, new DeploymentMeter(meters), new ServedDeployments(), new Admission(options), time);
        return new(ids, new InferenceRecorder(journal, ids, Options.Create(new InferenceLogOptions())), instruments, time, options);
    }

    private async Task<JsonElement> Answer(StubReplica replica, string body)
    {
        var output = new ArrayBufferWriter<byte>();
        await Predictor().Answer(new ReplicaLease(replica, RouteReason.Direct), Encoding.UTF8.GetBytes(body), time.GetTimestamp(), output, TestContext.Current.CancellationToken);
        using var document = JsonDocument.Parse(output.WrittenMemory);
        return document.RootElement.Clone();
    }

    private Task<MlOpsException> Refused(StubReplica replica, string body, ArrayBufferWriter<byte>? output = null) =>
        Assert.ThrowsAsync<MlOpsException>(async () => await Predictor().Answer(
            new ReplicaLease(replica, RouteReason.Direct), Encoding.UTF8.GetBytes(body), time.GetTimestamp(), output ?? new ArrayBufferWriter<byte>(), TestContext.Current.CancellationToken));
}
