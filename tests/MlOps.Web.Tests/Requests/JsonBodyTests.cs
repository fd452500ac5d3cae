using System.Text;
using CsCheck;
using Microsoft.AspNetCore.Http;
using MlOps.Projects;
using MlOps.Requests;
using Xunit;

namespace MlOps.Tests.Requests;

/// <summary>What a JSON body may be, and that everything wrong with it is told at once.</summary>
public sealed class JsonBodyTests
{
    private const long Limit = 4096;

    [Theory]
    [InlineData("", ErrorCode.MalformedBody)]
    [InlineData("{", ErrorCode.MalformedBody)]
    [InlineData("{\"a\": NaN}", ErrorCode.MalformedBody)]
    [InlineData("{\"a\": 1} x", ErrorCode.MalformedBody)]
    [InlineData("[]", ErrorCode.ValidationFailed)]
    [InlineData("null", ErrorCode.ValidationFailed)]
    [InlineData("\"text\"", ErrorCode.ValidationFailed)]
    public async Task Body_ThatIsNoObject_IsRefused(string body, ErrorCode code) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<MlOpsException>(() => Read(body))).Code);

    [Fact]
    public async Task Body_ThatIsNoUtf8_IsMalformed()
    {
        var refused = await Assert.ThrowsAsync<MlOpsException>(() => Read([(byte)'{', (byte)'"', 0xC3, 0x28, (byte)'"', (byte)':', (byte)'1', (byte)'}'], "application/json"));

        Assert.Equal(ErrorCode.MalformedBody, refused.Code);
        Assert.Contains("UTF-8", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData('[')]
    [InlineData('{')]
    public async Task Nesting_BeyondTheLimit_IsMalformed(char open) =>
        Assert.Equal(ErrorCode.MalformedBody, (await Assert.ThrowsAsync<MlOpsException>(() => Read(open == '[' ? "{\"a\":" + new string('[', 100) : string.Concat(Enumerable.Repeat("{\"a\":", 100))))).Code);

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/jsonp")]
    [InlineData("nonsense")]
    [InlineData(null)]
    public async Task OtherContentType_IsUnsupported(string? type) =>
        Assert.Equal(ErrorCode.UnsupportedMediaType, (await Assert.ThrowsAsync<MlOpsException>(() => Read("{}"u8.ToArray(), type))).Code);

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("Application/JSON;charset=\"UTF-8\"")]
    public async Task JsonContentType_IsTaken(string type)
    {
        using var body = await Read("{}"u8.ToArray(), type);
        body.Check();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("application/json")]
    [InlineData("text/plain")]
    public async Task OptionalBody_MayBeEmptyWhateverItsType(string? type)
    {
        using var body = await Read([], type, optional: true);
        body.Check();
    }

    [Fact]
    public async Task ByteOrderMark_BeforeTheObject_IsNoPartOfIt()
    {
        using var body = await Read("\uFEFF{\"a\": \"b\"}");

        Assert.Equal("b", body.Fields.Text("a", 10));
        body.Check();
        Assert.Equal(ErrorCode.MalformedBody, (await Assert.ThrowsAsync<MlOpsException>(() => Read("\uFEFF"))).Code);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Body_OverTheLimit_IsTooLarge(bool lengthTold)
    {
        var large = Encoding.UTF8.GetBytes($"{{\"a\":\"{new string('x', (int)Limit)}\"}}");

        Assert.Equal(ErrorCode.BodyTooLarge, (await Assert.ThrowsAsync<MlOpsException>(() => Read(large, "application/json", lengthTold: lengthTold))).Code);
    }

    [Fact]
    public async Task EveryFault_IsTold()
    {
        using var body = await Read("""{"name": 5, "nmae": 1, "count": 1.5, "flag": "yes", "id": "x", "when": "2020-01-01", "scopes": {}, "choice": "c"}""");
        var fields = body.Fields;
        fields.Name("name", 10);
        fields.Integer("count", 1, 9);
        fields.Flag("flag");
        fields.Id<ProjectId>("id");
        fields.Time("when");
        fields.Array("scopes");
        fields.Choice("choice", ["a", "b"]);
        fields.Text("missing", 5, required: true);

        var faults = Assert.Throws<MlOpsException>(body.Check).Faults;

        Assert.Equal(["/name", "/count", "/flag", "/id", "/when", "/scopes", "/choice", "/missing", "/nmae"], faults.Select(fault => fault.Pointer));
        Assert.Contains("did you mean 'name'?", faults[^1].Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"a": 1, "a": 2}""", "/a")]
    [InlineData("""{"b": {"a": 1, "a": 2}}""", "/b/a")]
    [InlineData("""{"b": [{"x/y": 1, "x\u002fy": 2}]}""", "/b/0/x~1y")]
    [InlineData("""{"a": "\ud800"}""", "/a")]
    [InlineData("""{"a": ["x", "\u0000"]}""", "/a/1")]
    [InlineData("""{"\udc00": 1}""", "")]
    public async Task NamesAndTexts_ThatCannotBeKept_AreFaults(string json, string pointer)
    {
        using var body = await Read(json);
        body.Fields.Text("a", 10);
        body.Fields.Value("b");

        Assert.Contains(Assert.Throws<MlOpsException>(body.Check).Faults, fault => fault.Pointer == pointer);
    }

    [Theory]
    [InlineData("5", 5)]
    [InlineData("5.0", 5)]
    [InlineData("5e0", 5)]
    [InlineData("null", null)]
    public async Task Integer_IsOneKindOfNumber(string text, int? expected)
    {
        using var body = await Read($$"""{"count": {{text}}}""");

        Assert.Equal(expected, body.Fields.Integer("count", 1, 9));
        body.Check();
    }

    [Fact]
    public async Task Text_IsCountedInCharactersNotInUnits()
    {
        using var body = await Read("""{"a": "🎉🎉", "b": "🎉🎉🎉"}""");

        Assert.Equal("🎉🎉", body.Fields.Text("a", 2));
        Assert.Null(body.Fields.Text("b", 2));
        Assert.Equal("/b", Assert.Single(Assert.Throws<MlOpsException>(body.Check).Faults).Pointer);
    }

    [Theory]
    [InlineData("2030-01-31T12:00:00Z", true)]
    [InlineData("2030-01-31t12:00:00.123456+02:00", true)]
    [InlineData("2030-01-31T12:00:00", false)]
    [InlineData("2030-02-31T12:00:00Z", false)]
    [InlineData("1/31/2030", false)]
    [InlineData("2030-01-31T12:00:00Z\n", false)]
    public async Task Time_IsRfc3339WithItsZone(string text, bool taken)
    {
        using var body = await Read($$"""{"when": {{System.Text.Json.JsonSerializer.Serialize(text)}}}""");

        Assert.Equal(taken, body.Fields.Time("when") is not null);
    }

    [Fact]
    public void AnyBytes_AreReadOrRefused() =>
        Gen.Byte.Array[0, 200].Sample(bytes =>
        {
            try
            {
                using var body = Read(bytes, "application/json").GetAwaiter().GetResult();
                body.Fields.Text("a", 5);
                body.Check();
            }
            catch (MlOpsException refused)
            {
                Assert.True(refused.Code is ErrorCode.MalformedBody or ErrorCode.ValidationFailed);
            }
        });

    [Fact]
    public void BrokenJson_IsReadOrRefused()
    {
        var pieces = new[] { "{", "}", "[", "]", ",", ":", "\"a\"", "\"\\ud800\"", "\"\\u0000\"", "1", "1e999", "null", "true", "\"" };
        Gen.Int[0, pieces.Length - 1].Array[0, 12].Select(picks => string.Concat(picks.Select(pick => pieces[pick]))).Sample(text =>
        {
            try
            {
                using var body = Read(text).GetAwaiter().GetResult();
                body.Fields.Integer("a", 0, 5);
                body.Check();
            }
            catch (MlOpsException refused)
            {
                Assert.True(refused.Code is ErrorCode.MalformedBody or ErrorCode.ValidationFailed);
            }
        });
    }

    private static Task<JsonBody> Read(string body) => Read(Encoding.UTF8.GetBytes(body), "application/json");

    private static Task<JsonBody> Read(byte[] body, string? type, bool optional = false, bool lengthTold = true)
    {
        var context = new DefaultHttpContext();
        context.Request.Body = new MemoryStream(body);
        context.Request.ContentType = type;
        context.Request.ContentLength = lengthTold ? body.Length : null;
        return JsonBody.Read(context, Limit, optional);
    }
}
