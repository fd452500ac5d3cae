using System.Data.Common;
using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MlOps.Telemetry;
using Xunit;

namespace MlOps.Tests.Errors;

/// <summary>Each code of the catalogue as it leaves, and what becomes of exceptions that are none of ours.</summary>
public sealed class ErrorResponsesTests
{
    public static TheoryData<ErrorCode> Codes => [.. Enum.GetValues<ErrorCode>()];

    [Theory]
    [MemberData(nameof(Codes))]
    public async Task Code_IsAnsweredAsApproved(ErrorCode code)
    {
        var (response, body) = await Answer(new MlOpsException(code, "What is wrong, and what to do.", [new Fault("/inputs/3/amount", "'amount' must be a number.")]));

        var received = JsonSerializer.SerializeToElement(new
        {
            status = response.StatusCode,
            content_type = response.ContentType,
            retry_after = response.Headers.RetryAfter.ToString(),
            www_authenticate = response.Headers.WWWAuthenticate.ToString(),
            body,
        });
        Approved.Same(body.GetProperty("code").GetString()!, received);
        Assert.Equal(response.StatusCode, body.GetProperty("status").GetInt32());
    }

    [Fact]
    public async Task UnprocessableWithoutFaults_StillListsOne()
    {
        var (_, body) = await Answer(new MlOpsException(ErrorCode.NotAvailable, "Not in this version."));

        Assert.Equal("Not in this version.", body.GetProperty("errors")[0].GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Faults_AreAnsweredUpToAHundred()
    {
        var (_, body) = await Answer(new MlOpsException(ErrorCode.ValidationFailed, "Many.", [.. Enumerable.Range(0, 250).Select(row => new Fault($"/inputs/{row}", "wrong"))]));

        Assert.Equal(100, body.GetProperty("errors").GetArrayLength());
    }

    [Fact]
    public async Task FaultOfOurs_TellsNothingButAnId()
    {
        var log = new Lines();
        var (response, body) = await Answer(new InvalidOperationException("select secret from /etc/passwd"), log);

        Assert.Equal(500, response.StatusCode);
        Assert.DoesNotContain("secret", body.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", body.ToString(), StringComparison.Ordinal);
        Assert.Contains("request-7", body.GetProperty("detail").GetString(), StringComparison.Ordinal);
        var (level, line, exception) = Assert.Single(log.Written);
        Assert.Equal(LogLevel.Error, level);
        Assert.Contains("request-7", line, StringComparison.Ordinal);
        Assert.IsType<InvalidOperationException>(exception);
    }

    public static TheoryData<Exception, int> Foreign => new()
    {
        { new TimeoutException("Response did not arrive on time in 00:00:30"), 503 },
        { new OperationCanceledException(), 503 },
        { new SiloUnavailableException("The silo S127.0.0.1:11111 is dead"), 503 },
        { new Transient(), 503 },
        { new BadHttpRequestException("Request body too large.", 413), 413 },
        { new BadHttpRequestException("Unexpected end of request content.", 400), 400 },
        { new BadHttpRequestException("Reading the request body timed out.", 408), 400 },
    };

    [Theory]
    [MemberData(nameof(Foreign))]
    public async Task ForeignException_IsTranslatedWithoutItsWords(Exception exception, int status)
    {
        var log = new Lines();
        var (response, body) = await Answer(exception, log);

        Assert.Equal(status, response.StatusCode);
        Assert.DoesNotContain(exception.Message, body.ToString(), StringComparison.Ordinal);
        Assert.Empty(log.Written);
    }

    private static async Task<(HttpResponse Response, JsonElement Body)> Answer(Exception exception, Lines? log = null)
    {
        var context = new DefaultHttpContext { TraceIdentifier = "request-7", Response = { Body = new MemoryStream() } };
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var instruments = new HttpInstruments(services.GetRequiredService<IMeterFactory>());
        Assert.True(await new MlOps.Errors.ErrorResponses(instruments, log ?? new Lines()).TryHandleAsync(context, exception, TestContext.Current.CancellationToken));
        context.Response.Body.Position = 0;
        return (context.Response, (await JsonDocument.ParseAsync(context.Response.Body, cancellationToken: TestContext.Current.CancellationToken)).RootElement);
    }

    private sealed class Transient : DbException
    {
        public override bool IsTransient => true;

        public override string Message => "database is locked";
    }

    private sealed class Lines : ILogger<MlOps.Errors.ErrorResponses>
    {
        public List<(LogLevel Level, string Line, Exception? Exception)> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add((logLevel, formatter(state, exception), exception));
    }
}
