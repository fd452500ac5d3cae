using System.ComponentModel.DataAnnotations;

namespace MlOps.Jobs;

/// <summary>Section <c>Jobs</c> of silo.json: how many jobs a silo runs, and how it holds them.</summary>
public sealed class JobOptions : IValidatableObject
{
    public const string Section = "Jobs";

    /// <summary>Jobs that a silo runs at the same time; the others wait. 0 leaves them to other silos.</summary>
    [Range(0, 16)]
    public int MaxConcurrent { get; set; } = 1;

    /// <summary>Time between two looks for jobs that another silo stored, or left behind, in seconds.</summary>
    [Range(0.1, 600)]
    public double PollSeconds { get; set; } = 5;

    /// <summary>Time between two stamps of a running job, in seconds.</summary>
    [Range(0.1, 600)]
    public double StampSeconds { get; set; } = 2;

    /// <summary>A job without a stamp for so long is taken over by another silo, in seconds.</summary>
    [Range(1, 3600)]
    public double StaleSeconds { get; set; } = 30;

    /// <summary>A job that was begun so many times and ended its process each time is given up.</summary>
    [Range(1, 100)]
    public int MaxStarts { get; set; } = 5;

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (StaleSeconds < 3 * StampSeconds)
        {
            yield return new ValidationResult($"{Section}:{nameof(StaleSeconds)} must be at least three times {nameof(StampSeconds)}: a running job would be taken for a dead one.", [nameof(StaleSeconds)]);
        }
    }
}
