namespace MlOps.Sql;

/// <summary>Patterns of <c>like … escape '\'</c>.</summary>
internal static class SearchPattern
{
    /// <summary>Matches texts that contain these characters, none of which is a wildcard.</summary>
    public static string Containing(string text) =>
        $"%{text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal)}%";
}
