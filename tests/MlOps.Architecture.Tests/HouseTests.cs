using System.Diagnostics;
using System.Text.RegularExpressions;
using Xunit;

namespace MlOps.Tests;

/// <summary>What the tree looks like: the root, the words, the sizes, and the map in src/README.md.</summary>
public sealed partial class HouseTests
{
    private static readonly string[] RootEntries = ["MlOps.sln", "README.md", "docker-compose.yml", "silo.json", "src", "tests"];
    private static readonly string[] UnwantedWords = ["Manager", "Helper", "Util", "Processor", "Dto", "Impl", "Common"];

    [Fact]
    public void Root_HoldsNothingElse()
    {
        var tracked = Tracked();
        var entries = tracked.Select(path => path.Split('/')[0]).Distinct().Where(name => !name.StartsWith('.')).Order(StringComparer.Ordinal);

        Assert.Equal(RootEntries.Order(StringComparer.Ordinal), entries);
    }

    [Fact]
    public void FileNames_UseTheWordsOfTheField()
    {
        var unwanted = Repository.Files("src", "*.cs").Where(path => UnwantedWords.Any(word => WordIn(Path.GetFileNameWithoutExtension(path), word)));

        Assert.Empty(unwanted);
    }

    [Fact]
    public void SourceFiles_HoldOneIdeaEach()
    {
        var long_ = Repository.Files("src", "*.cs").Where(path => File.ReadLines(Path.Combine(Repository.Root, path)).Count() > 300);

        Assert.Empty(long_);
    }

    [Fact]
    public void Sources_HaveNoMarks()
    {
        var marked =
            from path in Repository.Files("src", "*.cs").Concat(Repository.Files("tests", "*.cs")).Where(path => !path.EndsWith("HouseTests.cs", StringComparison.Ordinal))
            from line in File.ReadLines(Path.Combine(Repository.Root, path))
            where Mark().IsMatch(line)
            select $"{path}: {line.Trim()}";

        Assert.Empty(marked);
    }

    [Fact]
    public void Map_NamesEveryFolder()
    {
        var map = File.ReadAllText(Path.Combine(Repository.Root, "src/README.md"));
        var named = MapLine().Matches(map).Select(match => match.Groups[1].Value.TrimEnd('/')).ToList();
        var folders = Repository.Files("src", "*")
            .Select(path => Path.GetDirectoryName(path)!["src".Length..].TrimStart('/'))
            .Where(folder => folder.Length > 0)
            .Distinct()
            .Where(folder => Repository.Files(Path.Combine("src", folder), "*.cs").Any());

        Assert.Equal(folders.Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
    }

    private static bool WordIn(string name, string word) => Regex.IsMatch(name, $"{word}(?![a-z])");

    private static List<string> Tracked()
    {
        if (!Path.Exists(Path.Combine(Repository.Root, ".git")))
        {
            return [.. Directory.EnumerateFileSystemEntries(Repository.Root).Select(path => Path.GetFileName(path)).Where(name => name != "data")];
        }

        using var git = Process.Start(new ProcessStartInfo("git", "ls-files") { WorkingDirectory = Repository.Root, RedirectStandardOutput = true })!;
        var paths = git.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        git.WaitForExit();
        return [.. paths];
    }

    [GeneratedRegex(@"\b(TODO|FIXME|HACK)\b|NotImplementedException|#region|Thread\.Sleep\(")]
    private static partial Regex Mark();

    [GeneratedRegex(@"^- `(MlOps[^`]*)`", RegexOptions.Multiline)]
    private static partial Regex MapLine();
}
