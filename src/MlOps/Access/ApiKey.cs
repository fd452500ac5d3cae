using System.Collections.Immutable;
using MlOps.Projects;

namespace MlOps.Access;

/// <summary>A key as stored: the secret itself is known only to its holder.</summary>
/// <param name="Hash">SHA-256 of the whole key, 32 bytes.</param>
/// <param name="Project">The one project that the key sees; null for all.</param>
[GenerateSerializer, Immutable, Alias("MlOps.ApiKey")]
public sealed record ApiKey(
    ApiKeyId Id,
    string Name,
    Scope Scopes,
    ProjectId? Project,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt,
    ImmutableArray<byte> Hash);
