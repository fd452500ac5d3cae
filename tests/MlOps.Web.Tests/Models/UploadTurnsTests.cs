using System.Net;
using Xunit;

namespace MlOps.Tests.Models;

/// <summary>A silo that takes one upload at a time.</summary>
public sealed class UploadTurnsTests(UploadTurnsTests.OneUpload silo) : IClassFixture<UploadTurnsTests.OneUpload>
{
    private static readonly ModelFixture Fixture = new("flights_linear");

    private static string Metadata => Fixture.Metadata.ToJsonString();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("POST", "/api/models")]
    [InlineData("PUT", "/api/models/{model}/baseline")]
    public async Task Upload_BesideOneThatLasts_IsRefusedAndTakenLater(string method, string path)
    {
        var project = await ModelFixture.Project(silo.Client, "turns");
        var model = (await Fixture.Register(silo.Client, project, Metadata, baseline: false)).Answer.Text("id");
        using var form = Fixture.Form(project, Metadata);
        using var stalled = new StalledContent(await form.ReadAsByteArrayAsync(Cancellation));
        stalled.Headers.ContentType = form.Headers.ContentType;
        using var client = ThatIsAskedForItsContent();
        var lasting = client.PostAsync("/api/models", stalled, Cancellation);
        await stalled.HalfSent.WaitAsync(Cancellation);

        using (var refused = await Send())
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
            Assert.NotNull(refused.Headers.RetryAfter);
            Assert.Contains("\"overloaded\"", await refused.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
            Assert.False(lasting.IsCompleted);
        }

        stalled.GoOn();
        using var done = await lasting;
        Assert.Equal(HttpStatusCode.Created, done.StatusCode);
        using var taken = await Send();
        Assert.True(taken.IsSuccessStatusCode, $"{taken.StatusCode}");

        async Task<HttpResponseMessage> Send()
        {
            using var sent = method == "POST" ? Fixture.Form(project, Metadata) : Rows();
            using var request = new HttpRequestMessage(new HttpMethod(method), path.Replace("{model}", model, StringComparison.Ordinal)) { Content = sent };
            return await silo.Client.SendAsync(request, Cancellation);
        }
    }

    /// <summary>Content goes out when the silo asks for it, and by then the request has its turn.</summary>
    private HttpClient ThatIsAskedForItsContent()
    {
        var client = new HttpClient(new SocketsHttpHandler { Expect100ContinueTimeout = Timeout.InfiniteTimeSpan }) { BaseAddress = silo.Address };
        client.DefaultRequestHeaders.ExpectContinue = true;
        client.DefaultRequestHeaders.Authorization = silo.Client.DefaultRequestHeaders.Authorization;
        return client;
    }

    private static MultipartFormDataContent Rows() =>
        new() { { new ByteArrayContent(File.ReadAllBytes(Path.Combine(Fixture.Folder, "baseline.csv"))), "baseline", "baseline.csv" } };

    /// <summary>Sends half of its bytes, and the rest when it is told.</summary>
    private sealed class StalledContent(byte[] bytes) : HttpContent
    {
        private readonly TaskCompletionSource half = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource rest = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task HalfSent => half.Task;

        public void GoOn() => rest.TrySetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(bytes.AsMemory(0, bytes.Length / 2), Cancellation);
            await stream.FlushAsync(Cancellation);
            half.TrySetResult();
            await rest.Task.WaitAsync(Cancellation);
            await stream.WriteAsync(bytes.AsMemory(bytes.Length / 2), Cancellation);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = bytes.Length;
            return true;
        }
    }

    public sealed class OneUpload : RunningSilo
    {
        protected override IEnumerable<KeyValuePair<string, string?>> Settings => [new("Models:MaxConcurrentUploads", "1")];
    }
}
