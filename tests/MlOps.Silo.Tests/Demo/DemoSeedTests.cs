using System.Net.Http.Headers;
using MlOps.Tests.Clients;
using Xunit;

namespace MlOps.Tests.Demo;

/// <summary>The demo seeds once, whatever happens between its starts.</summary>
public sealed class DemoSeedTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("mlops-demo-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task LaterStart_PrintsTheSame_AndRestoresProduction()
    {
        Dictionary<string, string> first;
        await using (var demo = await DemoProcess.Start(folder, Cancellation))
        {
            first = demo.Values;
        }

        await using (var again = await DemoProcess.Start(folder, Cancellation))
        {
            Assert.Equal(Lasting(first), Lasting(again.Values));
            Assert.Equal(first["DEPLOYMENT_ID"], again.Values["DEPLOYMENT_ID"]);
            using var client = Client(again.Values);
            await client.Post($"/api/mlops/deployments/{first["DEPLOYMENT_ID"]}/deactivate");
        }

        await using var restored = await DemoProcess.Start(folder, Cancellation);
        Assert.Equal(Lasting(first), Lasting(restored.Values));
        using var reader = Client(restored.Values);
        var detail = await reader.Get($"/api/mlops/deployments/{restored.Values["DEPLOYMENT_ID"]}");
        Assert.Equal("production", detail.GetProperty("deployment").Text("stage"));
        Assert.Equal(first["OLD_MODEL_ID"], detail.GetProperty("model").Text("id"));
        Assert.Equal(1, (await reader.Get("/api/projects")).GetProperty("total").GetInt32());
        Assert.Equal(2, (await reader.Get("/api/models")).GetProperty("total").GetInt32());
    }

    private static Dictionary<string, string> Lasting(Dictionary<string, string> values) =>
        values.Where(pair => pair.Key is not ("BASE_URL" or "DEPLOYMENT_ID")).ToDictionary();

    private static HttpClient Client(Dictionary<string, string> values)
    {
        var client = new HttpClient { BaseAddress = new Uri(values["BASE_URL"]) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", values["API_KEY"]);
        return client;
    }
}
