using Microsoft.Extensions.DependencyInjection;
using MlOps.Predictions;
using MlOps.Projects;
using Xunit;

namespace MlOps.Tests.Predictions;

/// <summary>Epochs are compared within one catalogue only: what a restored one says is newer, whatever was counted before.</summary>
public sealed class EditionTests
{
    private static readonly DateTimeOffset Made = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly CatalogueEdition First = new(new Guid("00000000-0000-7000-8000-000000000009"), Made);
    private static readonly CatalogueEdition Restored = new(new Guid("00000000-0000-7000-8000-000000000001"), Made.AddHours(1));

    [Fact]
    public void Edition_DecidesBeforeTheEpoch()
    {
        Assert.True(First.IsNewer(6, First, 5));
        Assert.False(First.IsNewer(5, First, 5));
        Assert.False(First.IsNewer(4, First, 5));
        Assert.True(Restored.IsNewer(1, First, 5));
        Assert.False(First.IsNewer(6, Restored, 1));
        var sameTime = Restored with { MadeAt = Made };
        Assert.NotEqual(First.IsNewer(1, sameTime, 1), sameTime.IsNewer(1, First, 1));
    }

    [Fact]
    public async Task Apply_OfARestoredCatalogue_IsTakenAndNothingOfTheOneBefore()
    {
        await using var cluster = await SiloCluster.Start();
        var host = cluster.Silos[0].GetRequiredService<ReplicaHost>();
        var project = ProjectId.New(Made);

        Assert.Equal(5, host.Apply(new ProjectState(project, 5, [], First)));
        Assert.Equal(2, host.Apply(new ProjectState(project, 2, [], Restored)));
        Assert.Equal(2, host.Apply(new ProjectState(project, 6, [], First)));
        Assert.Equal(2, host.Apply(new ProjectState(project, 1, [], Restored)));
        Assert.Equal(3, host.Apply(new ProjectState(project, 3, [], Restored)));
    }
}
