using System.Text.RegularExpressions;

namespace MlOps.Tests.Clients;

/// <summary>The published page that clients are written against, when it is at hand; never copied.</summary>
internal sealed partial class ReferencePage
{
    private const string Variable = "MLOPS_REFERENCE_PAGE";

    private readonly string[] lines;

    private ReferencePage(string path) => lines = File.ReadAllLines(path);

    public static ReferencePage? Find()
    {
        var path = Environment.GetEnvironmentVariable(Variable) ?? Path.Combine(Repository.Root, "../shared/reference/deployments-api.txt");
        return File.Exists(path) ? new ReferencePage(path) : null;
    }

    public static string Absent => $"the reference page is not here; set {Variable} to its path";

    /// <summary>The Python snippet under a heading; null where it has none.</summary>
    public string? Python(string heading)
    {
        var from = Array.IndexOf(lines, "Example", Array.IndexOf(lines, heading)) + 1;
        var block = lines.Skip(from).TakeWhile(line => !ResponseLine().IsMatch(line)).SkipWhile(line => !PythonStart().IsMatch(line)).ToList();
        return block.Count == 0 ? null : string.Join('\n', block);
    }

    /// <summary>The curl command under a heading.</summary>
    public string Curl(string heading)
    {
        var from = Array.IndexOf(lines, "Example", Array.IndexOf(lines, heading)) + 1;
        var block = lines.Skip(from).TakeWhile(line => !ResponseLine().IsMatch(line)).SkipWhile(line => !line.StartsWith("curl ", StringComparison.Ordinal));
        return string.Join('\n', block.TakeWhile(line => !PythonStart().IsMatch(line)));
    }

    /// <summary>The script of the whole lifecycle.</summary>
    public string Lifecycle() =>
        string.Join('\n', lines.Skip(Array.IndexOf(lines, "Deployment Lifecycle Example")).SkipWhile(line => !PythonStart().IsMatch(line)).TakeWhile(line => line != "See also"));

    [GeneratedRegex(@"^Response \d{3}")]
    private static partial Regex ResponseLine();

    [GeneratedRegex(@"^(import |resp = |requests\.)")]
    private static partial Regex PythonStart();
}
