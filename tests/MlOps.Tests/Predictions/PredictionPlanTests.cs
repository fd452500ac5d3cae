using System.Runtime.CompilerServices;
using Xunit;

namespace MlOps.Tests.Predictions;

public sealed class PredictionPlanTests
{
    [Fact]
    public void PlanOfAnUnloadedModel_IsCollected_WithTheBatchesOfItsPool()
    {
        var plan = Used();

        for (var collection = 0; collection < 2; collection++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(plan.IsAlive, "something still holds a plan that nobody uses");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Used()
    {
        var plan = Signatures.Plan(Feature.Number("x"));
        var batch = plan.Rent();
        batch.Resize(1);
        plan.Return(batch);
        Assert.True(plan.PooledBytes > 0);
        return new WeakReference(plan);
    }
}
