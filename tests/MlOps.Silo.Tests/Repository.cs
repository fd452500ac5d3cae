using System.Runtime.CompilerServices;

namespace MlOps.Tests;

/// <summary>The checkout that these tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    /// <summary>Files below a folder of the checkout, build output aside, with paths relative to the root.</summary>
    public static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path))
            .Where(path => !path.Split('/').Any(part => part is "bin" or "obj"));

    private static string Find([CallerFilePath] string here = "") =>
        new[] { AppContext.BaseDirectory, Path.GetDirectoryName(here)! }
            .SelectMany(Ancestors)
            .First(folder => File.Exists(Path.Combine(folder, "MlOps.sln")));

    private static IEnumerable<string> Ancestors(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            yield return at.FullName;
        }
    }
}
