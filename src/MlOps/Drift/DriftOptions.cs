using System.ComponentModel.DataAnnotations;

namespace MlOps.Drift;

/// <summary>Section <c>Drift</c> of silo.json: how drift is watched.</summary>
public sealed class DriftOptions
{
    public const string Section = "Drift";

    /// <summary>Time between two looks at the drift of deployments that have answered meanwhile, for the metrics, in seconds.</summary>
    [Range(1, 3_600)]
    public int WatchSeconds { get; set; } = 60;
}
