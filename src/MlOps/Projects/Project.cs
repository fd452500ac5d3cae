namespace MlOps.Projects;

/// <summary>A namespace of models and deployments with at most one production deployment.</summary>
/// <param name="Epoch">Counts the catalogue writes of the project.</param>
[GenerateSerializer, Immutable, Alias("MlOps.Project")]
public sealed record Project(ProjectId Id, string Name, string? Description, long Epoch, DateTimeOffset CreatedAt);

/// <summary>A project as lists show it.</summary>
public sealed record ProjectListing(Project Project, int ModelCount, int DeploymentCount);
