using System.Diagnostics;
using Xunit;

namespace MlOps.Tests.Clients;

/// <summary>Every snippet of the published page, run as printed against the demo, with only the printed values put in.</summary>
public sealed class ReferencePageTests
{
    private const string Project = "d4e5f6a7-b8c9-0123-def4-567890123456";
    private const string Model = "a7b8c9d0-e1f2-3456-7890-abcdef123456";
    private const string Deployment = "d0e1f2a3-b4c5-6789-0123-def456789012";

    [Fact]
    public async Task Snippets_WorkAsPrinted()
    {
        var page = ReferencePage.Find();
        Assert.SkipWhen(page is null, ReferencePage.Absent);
        Assert.SkipUnless(await Python("import requests", []) is (0, _), "python3 with requests is not here; tests/run installs it");
        var cancellation = TestContext.Current.CancellationToken;
        await using var demo = await DemoProcess.Start(cancellation);
        var values = demo.Values;

        Assert.Contains("Deployed: ", await Run(page!.Python("Create Deployment")!, values), StringComparison.Ordinal);
        Assert.Contains("stage=production", await Run(page.Python("List Deployments")!, values), StringComparison.Ordinal);
        Assert.Equal("", await Run(page.Python("Get Deployment Detail") ?? "", values));
        Assert.Contains("Prediction: ", await Run(page.Python("Predict via Deployment")!, values), StringComparison.Ordinal);
        Assert.Matches(
            """^\[\[\{'feature': 'amount', 'value': \S+\}, \{'feature': 'merchant_id', 'value': \S+\}, \{'feature': 'hour', 'value': \S+\}, \{'feature': 'BiasTerm', 'value': \S+\}\]\]\n$""",
            await Run(page.Python("Predict via Deployment")!.Split("print(")[0] + "print(result['contributions'])", values));
        await Run(page.Python("Promote Deployment")!, values);
        Assert.Matches(@"^amount: PSI=\d\.\d{4} \(\w+\)\n", await Run(page.Python("Drift Metrics")!, values));

        foreach (var heading in new[] { "Create Deployment", "List Deployments", "Get Deployment Detail", "Promote Deployment", "Rollback Deployment", "Deactivate Deployment", "Drift Metrics", "Run Drift Detection", "Inference Logs" })
        {
            await Curl(page.Curl(heading), values);
        }

        var lifecycle = page.Lifecycle();
        Assert.Contains("Promoted to production", await Run(lifecycle, values), StringComparison.Ordinal);
        var rolledBack = lifecycle.Replace("# requests.post(", "requests.post(", StringComparison.Ordinal)
            .Replace("#     ", "    ", StringComparison.Ordinal).Replace("# )", ")", StringComparison.Ordinal);
        await Run($"OLD_MODEL_ID = \"{values["OLD_MODEL_ID"]}\"\n{rolledBack}", values);
    }

    [Fact]
    public async Task OurOwnScript_MakesTheSameCalls()
    {
        Assert.SkipUnless(await Python("import requests", []) is (0, _), "python3 with requests is not here; tests/run installs it");
        await using var demo = await DemoProcess.Start(TestContext.Current.CancellationToken);
        var script = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "tests/MlOps.Silo.Tests/Clients/lifecycle.py"), TestContext.Current.CancellationToken);

        var (exit, output) = await Python(script, demo.Values);

        Assert.True(exit == 0, output);
    }

    private static async Task<string> Run(string snippet, Dictionary<string, string> values)
    {
        var script = $"import requests\nBASE_URL = \"{values["BASE_URL"]}\"\n{Fill(snippet, values)}\nif 'resp' in globals() and 'print(resp.status_code' not in {Quoted(snippet)}: resp.raise_for_status()\n";
        var (exit, output) = await Python(script, []);
        Assert.True(exit == 0, $"{script}\n{output}");
        return output;
    }

    private static string Quoted(string snippet) => $"\"\"\"{snippet.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"\"\"";

    // Through a shell, for the page's command is one; --fail-with-body turns a refusal into an exit code.
    private static async Task Curl(string command, Dictionary<string, string> values)
    {
        var filled = Fill(command, values).Replace("curl ", "curl -sS --fail-with-body ", StringComparison.Ordinal);
        var (exit, output) = await Start("bash", ["-c", filled], new() { ["BASE_URL"] = values["BASE_URL"] });
        Assert.True(exit == 0, $"{filled}\n{output}");
    }

    private static string Fill(string text, Dictionary<string, string> values) =>
        text.Replace("YOUR_API_KEY", values["API_KEY"], StringComparison.Ordinal)
            .Replace("http://localhost:8888", values["BASE_URL"], StringComparison.Ordinal)
            .Replace(Project, values["PROJECT_ID"], StringComparison.Ordinal)
            .Replace(Model, values["MODEL_ID"], StringComparison.Ordinal)
            .Replace(Deployment, values["DEPLOYMENT_ID"], StringComparison.Ordinal);

    private static Task<(int Exit, string Output)> Python(string script, Dictionary<string, string> environment) =>
        Start(Environment.GetEnvironmentVariable("MLOPS_PYTHON") ?? "python3", ["-c", script], environment);

    private static async Task<(int Exit, string Output)> Start(string command, string[] arguments, Dictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output + await errors);
    }
}
