using System.Net;
using System.Text;
using System.Text.Json;
using Xunit;

namespace MlOps.Tests.Models;

/// <summary>Files made to break whoever loads them: each is refused, and the server goes on serving others meanwhile.</summary>
[Trait("Database", "Either")]
public sealed class HostileFileTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    [Fact]
    public async Task HostileFiles_AreRefusedWhileOthersAreServed()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var project = await ModelFixture.Project(silo.Client, "hostile");
        var fixture = new ModelFixture("flights_linear");
        var (_, deployment) = await fixture.Serve(silo.Client, project, fixture.Metadata.ToJsonString());
        var row = fixture.Expected.GetProperty("inputs")[0].GetRawText();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var serving = Serve(deployment, row, stop.Token);

        var whole = await File.ReadAllBytesAsync(Path.Combine(new ModelFixture("flights_gbr").Folder, "model.onnx"), cancellation);
        var random = new byte[10_000];
        new Random(7).NextBytes(random);
        await AssertRefused(project, whole[..(whole.Length / 2)], "truncated");
        await AssertRefused(project, whole[..^1], "one byte short");
        await AssertRefused(project, random, "random bytes");
        await AssertRefused(project, [], "nothing");
        await AssertRefused(project, Encoding.UTF8.GetBytes("{\"not\": \"a model\"}"), "JSON");
        await AssertRefused(project, HostileGraphs.DeepTree(20_000), "a tree 20,000 levels deep");
        await AssertRefused(project, HostileGraphs.EndlessLoop(), "a loop that never ends");
        await AssertRefused(project, HostileGraphs.ExternalData("/etc/passwd"), "an absolute path", "external_data=False");
        await AssertRefused(project, HostileGraphs.ExternalData("../../secret"), "a path out", "external_data=False");

        await stop.CancelAsync();
        Assert.True(await serving > 0, "nothing was served meanwhile");
        Assert.Equal(1, (await silo.Client.Get($"/api/models?project_id={project}")).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task FileWhoseAnswersAreNoNumbers_Is422_ForItIsTheFilesFault()
    {
        var project = await ModelFixture.Project(silo.Client, "infinite");
        using var form = Form(project, new ByteArrayContent(HostileGraphs.Logarithm()));
        form.Add(new ByteArrayContent("x\n-1\n-2\n-3\n"u8.ToArray()), "baseline", "baseline.csv");

        using var response = await silo.Client.PostAsync("/api/models", form, TestContext.Current.CancellationToken);

        var problem = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(("output_not_finite", 422), (problem.Text("code"), problem.GetProperty("status").GetInt32()));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
    }

    [Fact]
    public async Task FileOverTheLimit_Is413()
    {
        var project = await ModelFixture.Project(silo.Client, "large");
        using var form = Form(project, new ByteArrayContent(new byte[300 << 20]));

        using var response = await silo.Client.PostAsync("/api/models", form, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        var problem = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal("body_too_large", problem.Text("code"));
    }

    private async Task AssertRefused(string project, byte[] file, string what, string? word = null)
    {
        using var form = Form(project, new ByteArrayContent(file));
        using var response = await silo.Client.PostAsync("/api/models", form, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == HttpStatusCode.UnprocessableEntity, $"{what}: {(int)response.StatusCode} {text}");
        var problem = JsonSerializer.Deserialize<JsonElement>(text);
        Assert.False(string.IsNullOrWhiteSpace(problem.Text("detail")), what);
        Assert.Contains(word ?? "", problem.Details(), StringComparison.Ordinal);
        Assert.DoesNotContain(Path.GetTempPath(), text, StringComparison.Ordinal);
    }

    private static MultipartFormDataContent Form(string project, ByteArrayContent file) => new()
    {
        { new StringContent(project), "project_id" },
        { new StringContent("hostile"), "name" },
        { new StringContent("GBM"), "algo" },
        { file, "file", "model.onnx" },
    };

    private async Task<int> Serve(string deployment, string row, CancellationToken cancellation)
    {
        var served = 0;
        while (!cancellation.IsCancellationRequested)
        {
            await silo.Client.Post($"/api/mlops/deployments/{deployment}/predict", $$"""{"inputs": {{row}}}""");
            served++;
        }

        return served;
    }
}
