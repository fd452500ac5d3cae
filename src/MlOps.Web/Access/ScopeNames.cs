namespace MlOps.Access;

/// <summary>Scopes as the API writes them.</summary>
internal static class ScopeNames
{
    public static IReadOnlyList<string> All { get; } = [.. Enum.GetValues<Scope>().Where(scope => scope != Scope.None).Select(Name)];

    public static IReadOnlyList<string> Of(Scope scopes) =>
        [.. Enum.GetValues<Scope>().Where(scope => scope != Scope.None && scopes.HasFlag(scope)).Select(Name)];

    public static Scope? Parse(string name) =>
        All.Contains(name) ? Enum.Parse<Scope>(name, ignoreCase: true) : null;

    private static string Name(Scope scope) => scope.ToString().ToLowerInvariant();
}
