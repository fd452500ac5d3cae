using System.ComponentModel.DataAnnotations;

namespace MlOps.Models;

/// <summary>Section <c>Models</c> of silo.json: limits of registration and loading.</summary>
public sealed class ModelOptions
{
    public const string Section = "Models";

    /// <summary>Largest model file with its external data, in bytes; more is 413. 256 MiB.</summary>
    [Range(1024, 1L << 31)]
    public long MaxModelBytes { get; set; } = 256L << 20;

    /// <summary>Largest baseline, reference or covers part that is processed before the answer, in bytes; larger rows are processed by a job. 64 MiB.</summary>
    [Range(1024, 1L << 30)]
    public long MaxRowsBytes { get; set; } = 64L << 20;

    /// <summary>Largest baseline or reference, in bytes; more is 413. 2 GiB.</summary>
    [Range(1024, 1L << 40)]
    public long MaxBaselineBytes { get; set; } = 2L << 30;

    /// <summary>Memory that the child process of a baseline's job may use beside what the model takes, in bytes. 512 MiB.</summary>
    [Range(256L << 20, 1L << 40)]
    public long BaselineMemoryBytes { get; set; } = 512L << 20;

    /// <summary>Time that a baseline's job may take, in seconds.</summary>
    [Range(1, 86400)]
    public double BaselineTimeoutSeconds { get; set; } = 3600;

    /// <summary>Time for loading and trying a file at registration, counted from the end of the upload, in seconds.</summary>
    [Range(1, 20)]
    public double CheckTimeoutSeconds { get; set; } = 15;

    /// <summary>Memory that the child process which checks a file may use, in bytes. 4 GiB.</summary>
    [Range(256L << 20, 1L << 40)]
    public long CheckMemoryBytes { get; set; } = 4L << 30;

    /// <summary>Checks that run at the same time; more wait.</summary>
    [Range(1, 64)]
    public int MaxConcurrentChecks { get; set; } = 2;

    /// <summary>Uploads of models under way at the same time, from their first byte to their answer; more wait a moment, then are 429. Each may take its files' sizes on disk.</summary>
    [Range(1, 1024)]
    public int MaxConcurrentUploads { get; set; } = 8;

    /// <summary>Time for loading a model for serving, in seconds.</summary>
    [Range(1, 20)]
    public double LoadTimeoutSeconds { get; set; } = 15;

    /// <summary>Models that load at the same time on one silo.</summary>
    [Range(1, 64)]
    public int MaxConcurrentLoads { get; set; } = 2;

    /// <summary>Loads for requests that may wait for their turn; more requests for models that are not loaded are 503.</summary>
    [Range(1, 100_000)]
    public int MaxQueuedLoads { get; set; } = 256;

    /// <summary>Time that a request waits for its model to be loaded, in seconds; then it is 503, and the load goes on.</summary>
    [Range(0.1, 20)]
    public double WaitSeconds { get; set; } = 10;

    /// <summary>
    /// Memory that loaded models may take on this silo, in bytes; what has not been used for longest is unloaded first, productions and canaries last.
    /// 0: half of what the machine or container has.
    /// </summary>
    [Range(0, 1L << 44)]
    public long MemoryBytes { get; set; }

    /// <summary>Model files kept on this silo's disk, in bytes; the longest unused go first, those of loaded models stay. 10 GiB.</summary>
    [Range(1L << 20, 1L << 44)]
    public long CacheBytes { get; set; } = 10L << 30;

    /// <summary>A model that could not be loaded is tried again on predict at most once in so many seconds.</summary>
    [Range(1, 3600)]
    public double RetrySeconds { get; set; } = 60;
}
