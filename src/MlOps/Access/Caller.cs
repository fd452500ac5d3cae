using MlOps.Projects;

namespace MlOps.Access;

/// <summary>Who calls: an authenticated key, without its secret.</summary>
[GenerateSerializer, Immutable, Alias("MlOps.Caller")]
public sealed record Caller(ApiKeyId Key, string Name, Scope Scopes, ProjectId? Project)
{
    /// <summary>Whether the caller has one of these scopes.</summary>
    public bool May(Scope scope) => (Scopes & (scope | Scope.Admin)) != 0;

    /// <summary>Whether the caller may know that <paramref name="project"/> exists.</summary>
    public bool Sees(ProjectId project) => Project is null || Project == project;
}
