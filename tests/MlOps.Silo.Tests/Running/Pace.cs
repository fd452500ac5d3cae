using Xunit;

namespace MlOps.Tests.Running;

/// <summary>Between two looks at something that takes its own time: who looks all the time takes the processor from it.</summary>
internal static class Pace
{
    public static Task Next() => Task.Delay(10, TestContext.Current.CancellationToken);
}
