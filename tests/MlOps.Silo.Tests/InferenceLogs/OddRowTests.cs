using System.Net;
using Xunit;

namespace MlOps.Tests.InferenceLogs;

/// <summary>What no database keeps as JSON is in the log as it was sent; what none keeps as text is refused.</summary>
public sealed class OddRowTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    private readonly ModelFixture fixture = new("flights_linear");

    [Fact]
    public async Task Inputs_OfEveryOddKind_AreLoggedOnceByteForByte()
    {
        var odd = OddRows.Of(fixture.Expected.GetProperty("inputs")[0]);
        var (_, deployment) = await fixture.Serve(silo.Client, await ModelFixture.Project(silo.Client, "odd"), fixture.Metadata.ToJsonString());
        var rows = new AnsweredRows(deployment, odd);

        Assert.True(await rows.Send(silo.Client, odd.Length));
        for (var each = 0; each < odd.Length; each++)
        {
            Assert.True(await rows.Send(silo.Client, 1));
        }

        var check = await rows.Check(silo.Client);
        Assert.Equal((2 * odd.Length) + 1, check.Logged.Count);
        Assert.Empty(check.Others);
        check.AssertExact([]);
    }

    [Theory]
    [InlineData("""a\u0000b""")]
    [InlineData("""\ud800""")]
    [InlineData("""\udc00\ud800""")]
    public async Task ExternalId_ThatNoDatabaseKeeps_Is422(string id)
    {
        var (_, deployment) = await fixture.Serve(silo.Client, await ModelFixture.Project(silo.Client, "odd-id"), fixture.Metadata.ToJsonString());
        var row = fixture.Expected.GetProperty("inputs")[0].GetRawText();

        var problem = await silo.Client.Expect(
            HttpStatusCode.UnprocessableEntity, HttpMethod.Post, $"/api/mlops/deployments/{deployment}/predict", $$$"""{"inputs": {{{row}}}, "options": {"ids": ["{{{id}}}"]}}""");

        Assert.Equal("/options/ids/0", problem.GetProperty("errors")[0].Text("pointer"));
    }
}
