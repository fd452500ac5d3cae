using System.Collections.Immutable;
using System.IO.Compression;
using System.Text.Json;
using MlOps.Models;

namespace MlOps.Contributions;

/// <summary>Where the covers of trees come from.</summary>
public enum CoverSource
{
    /// <summary>The model has no trees that are explained as such.</summary>
    None,

    /// <summary>XGBoost's own dump.</summary>
    Dump,

    /// <summary>The hit rates in the file.</summary>
    File,

    /// <summary>Rows of the baseline, sent through the trees.</summary>
    Baseline,
}

/// <summary>How a model is explained, in short.</summary>
/// <param name="Rows">Rows of the baseline that covers or means were counted over, or that stand for what is not known of a row.</param>
/// <param name="Unavailable">Why there are no honest contributions, sentences that say what to do; null when there are.</param>
public sealed record ContributionSummary(ContributionMethod Method, ContributionSpace Space, CoverSource CoverSource, long Rows, string? Unavailable);

/// <summary>What explaining a model needs beside its file: found at registration, kept with the model.</summary>
/// <param name="Method">How; the general method is <see cref="ContributionMethod.Sampled"/> or <see cref="ContributionMethod.Enumerated"/> by the number of features.</param>
/// <param name="Unavailable">Why there are no honest contributions, a sentence that says what to do; null when there are.</param>
public sealed record ContributionBasis(ContributionMethod Method, ScoreReading Reading, CoverSource CoverSource, string? Unavailable)
{
    /// <summary>Rows of the baseline that covers and means were counted over.</summary>
    public long Rows { get; init; }

    /// <summary>The cover of every node, tree by tree in the order of the file; empty where the file's hold.</summary>
    public ImmutableArray<double> Covers { get; init; } = [];

    /// <summary>Each column's mean over the baseline; empty where weights are not what is explained.</summary>
    public ImmutableArray<double> Means { get; init; } = [];

    /// <summary>Rows of the baseline, one value for each feature; empty where they are not needed.</summary>
    public ImmutableArray<ImmutableArray<Scalar>> Background { get; init; } = [];

    public ContributionSummary Summary => new(Method, Reading.Space, CoverSource, Background.IsEmpty ? Rows : Background.Length, Unavailable);

    public static ContributionBasis None(string reason) => new(ContributionMethod.Sampled, default, CoverSource.None, reason);

    /// <summary>As it is stored: compressed JSON.</summary>
    public byte[] ToBytes()
    {
        using var bytes = new MemoryStream();
        using (var brotli = new BrotliStream(bytes, CompressionLevel.Fastest))
        {
            JsonSerializer.Serialize(brotli, this, ExactJson.Options);
        }

        return bytes.ToArray();
    }

    public static ContributionBasis Read(byte[] bytes)
    {
        using var brotli = new BrotliStream(new MemoryStream(bytes), CompressionMode.Decompress);
        return JsonSerializer.Deserialize<ContributionBasis>(brotli, ExactJson.Options) ?? throw new InvalidDataException("A basis of contributions was expected, not null.");
    }
}
