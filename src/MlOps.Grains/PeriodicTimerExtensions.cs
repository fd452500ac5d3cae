namespace MlOps;

internal static class PeriodicTimerExtensions
{
    /// <summary>Waits for the next tick. False when there is none, because the silo stops.</summary>
    public static async Task<bool> Next(this PeriodicTimer timer, CancellationToken stopping)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
