using System.Net;
using System.Text.Json;
using MlOps.Tests.Running;
using Xunit;

namespace MlOps.Tests.InferenceLogs;

/// <summary>A client that follows a deployment's log by its cursor, and asks again where it was when the silo is gone.</summary>
internal sealed class LogFollower(string deployment)
{
    private readonly List<string> seen = [];
    private string? cursor;
    private bool isAtTheEnd;

    public string Deployment => deployment;

    /// <summary>Ids in the order in which they came.</summary>
    public IReadOnlyList<string> Seen => seen;

    /// <summary>Asks for what comes next; nothing comes from a silo that is busy. False when it does not answer.</summary>
    public async Task<bool> Ask(HttpClient client)
    {
        isAtTheEnd = false;
        try
        {
            var path = $"/api/mlops/deployments/{deployment}/inference-logs?order=asc&limit=400{(cursor is null ? "" : $"&after={cursor}")}";
            using var response = await client.GetAsync(path, TestContext.Current.CancellationToken);
            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                return true;
            }

            Assert.True(response.IsSuccessStatusCode, text);
            var part = JsonSerializer.Deserialize<JsonElement>(text);
            seen.AddRange(part.GetProperty("items").EnumerateArray().Select(item => item.Text("id")));
            (cursor, isAtTheEnd) = (part.Text("next_cursor"), part.GetProperty("items").GetArrayLength() == 0);
            if (isAtTheEnd)
            {
                await Pace.Next();
            }

            return true;
        }
        catch (Exception gone) when (gone is HttpRequestException or IOException)
        {
            return false;
        }
    }

    /// <summary>Asks until nothing comes any more.</summary>
    public async Task ToTheEnd(HttpClient client)
    {
        do
        {
            Assert.True(await Ask(client));
        }
        while (!isAtTheEnd);
    }
}
