using System.Buffers;
using System.Text;
using System.Text.Json;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using MlOps.Deployments;
using MlOps.Drift;
using MlOps.InferenceLogs;
using MlOps.Models;
using MlOps.Predictions;
using MlOps.Tests.Predictions;
using Xunit;

namespace MlOps.Tests.InferenceLogs;

/// <summary>The record of a request says what its answer said, and what was sent.</summary>
public sealed class InferenceFrameTests
{
    private static readonly OutputSpec Binary =
        new(ModelTask.Classification, "label", ["0", "1"], ["p"], [], 2, false, ScoreKind.Probability, ["no", "größer \"5\""], null, []);

    private readonly FakeTimeProvider time = new(DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_123));
    private readonly FrameBuffer frame = new();

    [Fact]
    public async Task Classification_IsRecordedAsAnswered()
    {
        var replica = new StubReplica(Signatures.Plan(Binary, null, Feature.Number("x")), batch =>
        {
            for (var row = 0; row < batch.Rows; row++)
            {
                batch.Outputs.IntegerLabels[row] = row % 2;
                (batch.Outputs.Scores[2 * row], batch.Outputs.Scores[(2 * row) + 1]) = (0.25, 0.75);
            }

            time.Advance(TimeSpan.FromMicroseconds(1_234));
        });
        const string Rows = "{\"x\":1, \"note\":\"\\u0000 \\ud800 1e999\"},{ \"x\" : 2.50 },{\"x\":3}";

        var answer = await Answer(replica, $"{{\"options\":{{\"ids\":[\"a\",\"ß\",\"c\"]}},\"inputs\":[{Rows}]}}");
        var read = Assert.IsType<AnsweredFrame>(InferenceFrame.Read(Payload()));

        Assert.Equal((replica.Deployment.Project, replica.Deployment.Id, replica.Model.Id, RouteReason.Canary), (read.Project, read.Deployment, read.Model, read.Route));
        Assert.Equal((3, 1_234), (read.Rows, read.LatencyMicroseconds));
        var rows = answer.GetProperty("predictions").EnumerateArray().ToList();
        Assert.Equal(rows.Select(row => row.GetProperty("id").GetGuid()), Enumerable.Range(0, 3).Select(row => read.Ids[row]));
        Assert.Equal(rows.Select(row => row.GetProperty("prediction").GetString()), read.ClassOf.Select(label => read.Classes[label]));
        Assert.Equal([0.25, 0.75, 0.25, 0.75, 0.25, 0.75], read.Probabilities);
        Assert.Equal(["a", "ß", "c"], read.ExternalIds);
        Assert.Equal(1_790_000_000_124_000, read.Ids.Microseconds(2));
        Assert.Equal(["{\"x\":1, \"note\":\"\\u0000 \\ud800 1e999\"}", "{ \"x\" : 2.50 }", "{\"x\":3}"], Sent(read));
        Assert.False(read.Withheld);
        Assert.Empty(read.Values);
    }

    [Fact]
    public async Task Classes_OfRecordsThatFollowEachOther_AreEachTheirOwn()
    {
        string[][] models = [["no", "yes"], ["no", "yes"], ["no", "yet"], ["no"], ["no", "yes", "maybe"], ["n", "o"], ["no", "yes"]];
        foreach (var classes in models)
        {
            var output = Binary with { Classes = [.. classes], GraphLabels = [.. classes.Select((_, index) => $"{index}")], Scores = [], ScoreWidth = 0, Kind = ScoreKind.None };
            await Answer(new StubReplica(Signatures.Plan(output, null, Feature.Number("x")), batch => batch.Outputs.IntegerLabels[0] = 0), "{\"inputs\":[{\"x\":1}]}");

            var read = Assert.IsType<AnsweredFrame>(InferenceFrame.Read(Payload()));

            Assert.Equal(classes, read.Classes);
            Assert.Equal([0], read.ClassOf);
            Assert.Equal(1, read.Rows);
        }
    }

    [Fact]
    public async Task Regression_HasItsValuesAndBins()
    {
        var bins = new FeatureBins([1, 2], default, default, false, [5, 5, 5, 0]);
        var plan = Signatures.Plan(Signatures.Regression, new Baseline(15, [bins, null], null), Feature.Number("x") with { Nullable = true }, Feature.Number("y"));
        var replica = new StubReplica(plan, batch =>
        {
            for (var row = 0; row < batch.Rows; row++)
            {
                batch.Outputs.Scores[row] = row - 0.5;
            }
        });

        await Answer(replica, "{\"inputs\":[{\"x\":1,\"y\":0},{\"x\":1.5,\"y\":0},{\"x\":null,\"y\":0}]}");
        var read = Assert.IsType<AnsweredFrame>(InferenceFrame.Read(Payload()));

        Assert.Equal([-0.5, 0.5, 1.5], read.Values);
        Assert.Equal([0, 1, 3], Enumerable.Range(0, 3).Select(row => (int)read.BinsOf(row)[0]));
        Assert.Empty(read.Classes);
        Assert.Empty(read.Probabilities);
        Assert.Empty(read.ExternalIds);
    }

    [Theory]
    [InlineData("{\"store_payload\":false}", null, false)]
    [InlineData("{\"anonymize_logs\":true}", null, true)]
    [InlineData("{\"anonymize_logs\":false}", true, true)]
    [InlineData("{\"store_payload\":false,\"anonymize_logs\":true}", null, true)]
    public async Task Inputs_ThatMustNotBeKept_AreNotInTheRecord(string options, bool? deployment, bool withheld)
    {
        var replica = Echo();
        replica.Deployment = replica.Deployment with
        {
            Spec = replica.Deployment.Spec with { Privacy = PrivacySettings.None with { AnonymizeLogs = deployment } },
        };

        await Answer(replica, $"{{\"inputs\":{{\"x\":4711}},\"options\":{options}}}");

        var payload = Payload();
        var read = Assert.IsType<AnsweredFrame>(InferenceFrame.Read(payload));
        Assert.Empty(read.Inputs);
        Assert.Equal(withheld, read.Withheld);
        Assert.Equal(-1, payload.AsSpan().IndexOf("4711"u8));
    }

    [Fact]
    public void LongRow_KeepsTheFieldsThatFit() =>
        Gen.Select(Gen.Int[0, 90_000].Array[1, 4], Gen.Int[0, 3]).Sample(
            (lengths, spaces) =>
            {
                var fields = lengths.Select((length, index) => $"\"f{index}\"{new string(' ', spaces)}: \"{new string('ä', length / 2)}\"").Prepend("\"x\":1");
                var row = $"{{{string.Join(" , ", fields)}}}";

                Answer(Echo(), $"{{\"inputs\":{row}}}").GetAwaiter().GetResult();

                var read = Assert.IsType<AnsweredFrame>(InferenceFrame.Read(Payload()));
                var input = Assert.Single(read.Inputs);
                var whole = Encoding.UTF8.GetBytes(row);
                Assert.Equal(whole.Length > 65_536, input.Truncated);
                Assert.InRange(input.Json.Length, 1, 65_536);
                using var sent = JsonDocument.Parse(whole);
                using var kept = JsonDocument.Parse(input.Json);
                var names = kept.RootElement.EnumerateObject().Select(field => (field.Name, field.Value.GetRawText())).ToList();
                Assert.Equal(sent.RootElement.EnumerateObject().Take(names.Count).Select(field => (field.Name, field.Value.GetRawText())), names);
                Assert.True(input.Truncated || input.Json.Span.SequenceEqual(whole));
            },
            iter: 40, threads: 1);

    [Fact]
    public void RefusalsAndCounts_AreReadAsWritten()
    {
        var deployment = Echo().Deployment;
        var id = new InferenceIds(time).Take(1);
        InferenceFrame[] written =
        [
            new RefusedFrame(deployment.Project, deployment.Id, deployment.Spec.Model, RouteReason.Production, 13, id, 422, "invalid_inputs", "Größe fehlt.", 0),
            new RefusedFrame(deployment.Project, deployment.Id, deployment.Spec.Model, RouteReason.Direct, 0, id, 400, "malformed_body", "", null),
            new CountedFrame(deployment.Project, deployment.Id, deployment.Spec.Model, 1_790_000_000, 429, 70_000),
        ];

        foreach (var one in written)
        {
            frame.Start();
            ((Action<FrameBuffer>)(one is RefusedFrame refused ? refused.Write : ((CountedFrame)one).Write))(frame);
            Assert.Equal(one, InferenceFrame.Read(Payload()));
        }

        Assert.Equal(1_790_000_000_123_000, id.Microseconds(0));
    }

    [Fact]
    public void RecordOfALaterVersion_IsNotMisread() =>
        Assert.Throws<InvalidDataException>(() => InferenceFrame.Read(new byte[] { 200, 1, 2, 3 }));

    [Fact]
    public async Task RecordCutAnywhere_IsNotMisread()
    {
        await Answer(Echo(), "{\"inputs\":[{\"x\":1},{\"x\":2}],\"options\":{\"ids\":[\"a\",\"b\"]}}");
        var payload = Payload();
        for (var length = 0; length < payload.Length; length++)
        {
            Assert.ThrowsAny<Exception>(() => InferenceFrame.Read(payload.AsMemory(0, length)));
        }
    }

    private static IEnumerable<string> Sent(AnsweredFrame read) => read.Inputs.Select(input => Encoding.UTF8.GetString(input.Json.Span));

    private static StubReplica Echo() => new(Signatures.Plan(Feature.Number("x")), batch => batch.Outputs.Scores.AsSpan(0, batch.Rows).Fill(1));

    private byte[] Payload() => frame.Frame[IInferenceJournal.HeadBytes..].ToArray();

    // As a predict call goes: read, run, record, answer.
    private async Task<JsonElement> Answer(StubReplica replica, string body)
    {
        var (started, bytes) = (time.GetTimestamp(), Encoding.UTF8.GetBytes(body));
        var batch = replica.Plan.Rent();
        var call = PredictBody.Read(bytes, batch, 100);
        await replica.Run(batch, started, TestContext.Current.CancellationToken);
        replica.Plan.Check(batch);
        var (ids, latency) = (new InferenceIds(time).Take(batch.Rows), time.GetElapsedTime(started));
        frame.Start();
        AnsweredFrameWriter.Write(frame, replica, RouteReason.Canary, batch, call, PredictBody.Text(bytes), ids, latency);
        var output = new ArrayBufferWriter<byte>();
        PredictionWriter.Write(output, batch, call, replica, null, ids, latency);
        using var document = JsonDocument.Parse(output.WrittenMemory);
        return document.RootElement.Clone();
    }
}
