using System.ComponentModel.DataAnnotations;

namespace MlOps.Predictions;

/// <summary>Section <c>Predictions</c> of silo.json: limits and threads of the data plane.</summary>
public sealed class PredictionOptions
{
    public const string Section = "Predictions";

    /// <summary>Largest body of a predict call in bytes; more is 413. 32 MiB.</summary>
    [Range(1024, 1L << 30)]
    public long MaxBodyBytes { get; set; } = 32L << 20;

    /// <summary>Most rows of one call; more is 422.</summary>
    [Range(1, 1_000_000)]
    public int MaxRows { get; set; } = 10_000;

    /// <summary>Time from admission after which a run is ended with 424, in seconds. At most 20: clients give up after 30.</summary>
    [Range(0.05, 20)]
    public double TimeoutSeconds { get; set; } = 20;

    /// <summary>Dedicated threads for runs too long to do where they arrive; 0: one less than the cores, at least 1.</summary>
    [Range(0, 1024)]
    public int Threads { get; set; }

    /// <summary>Runs expected to take at most so many microseconds are done on the request's own thread; 0: none is.</summary>
    [Range(0, 1_000_000)]
    public int InlineMicroseconds { get; set; } = 200;

    /// <summary>Runs that may wait for a dedicated thread; more are 429.</summary>
    [Range(1, 1_000_000)]
    public int MaxQueuedRuns { get; set; } = 1_024;

    /// <summary>Predictions in flight on this silo; more are 429.</summary>
    [Range(1, 500_000)]
    public int MaxRequestsInFlight { get; set; } = 1_024;

    /// <summary>Predictions in flight for one deployment; more are 429.</summary>
    [Range(1, 1_000_000)]
    public int MaxRequestsInFlightPerDeployment { get; set; } = 512;

    /// <summary>Bytes of predict bodies in flight on this silo; more are 429. 256 MiB.</summary>
    [Range(1024, 1L << 40)]
    public long MaxBytesInFlight { get; set; } = 256L << 20;
}
