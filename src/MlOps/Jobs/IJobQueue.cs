namespace MlOps.Jobs;

/// <summary>The jobs of this silo.</summary>
public interface IJobQueue
{
    /// <summary>Tells that a job has been stored: it need not wait until somebody looks.</summary>
    void Wake();
}
