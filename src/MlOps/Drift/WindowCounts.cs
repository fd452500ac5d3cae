namespace MlOps.Drift;

/// <summary>
/// The rows of a window that were answered 200, counted in frozen bins: whole numbers that add up exactly, in any order, over hours, journals and silos.
/// Not for several threads at once.
/// </summary>
public sealed class WindowCounts
{
    private const byte Version = 1;
    private const string What = "drift counts";

    private readonly CountVector[] features;
    private readonly CountVector unseen;

    /// <param name="features">Features of the model, those without a baseline included.</param>
    public WindowCounts(int features)
        : this([.. Enumerable.Range(0, features).Select(_ => new CountVector())], new CountVector(), new PredictionCounts())
    {
    }

    private WindowCounts(CountVector[] features, CountVector unseen, PredictionCounts predictions) =>
        (this.features, this.unseen, Predictions) = (features, unseen, predictions);

    /// <summary>Rows answered 200.</summary>
    public long Rows { get; private set; }

    /// <summary>Features of the model.</summary>
    public int Features => features.Length;

    public PredictionCounts Predictions { get; }

    /// <summary>
    /// Rows by bin of <see cref="FeatureBins"/>; empty bins at the end may be left out. They add up to fewer than <see cref="Rows"/> when the model was given its baseline within the
    /// window, to none when the baseline lacks the feature.
    /// </summary>
    public ReadOnlySpan<long> Feature(int feature) => features[feature].Span;

    /// <summary>Rows whose value the baseline does not know.</summary>
    public long Unseen(int feature) => feature < unseen.Span.Length ? unseen.Span[feature] : 0;

    public void Add(WindowCounts other)
    {
        if (other.features.Length != features.Length)
        {
            throw new ArgumentException($"Windows of {features.Length} and of {other.features.Length} features are not of one model.", nameof(other));
        }

        Rows += other.Rows;
        unseen.Add(other.unseen);
        Predictions.Add(other.Predictions);
        for (var feature = 0; feature < features.Length; feature++)
        {
            features[feature].Add(other.features[feature]);
        }
    }

    /// <summary>For a column of the database, or a message: a byte for the version, then variable-length numbers.</summary>
    public byte[] ToBytes()
    {
        var writer = new CountWriter(Version);
        writer.Unsigned((ulong)Rows);
        writer.Unsigned((ulong)features.Length);
        foreach (var feature in features)
        {
            writer.Counts(feature.Span);
        }

        writer.Counts(unseen.Span);
        Predictions.Write(writer);
        return writer.ToArray();
    }

    /// <exception cref="InvalidDataException">These are not the bytes of a window, or of another version.</exception>
    public static WindowCounts Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CountReader(bytes, What, Version);
        var rows = reader.Count();
        var features = new CountVector[reader.Length()];
        for (var feature = 0; feature < features.Length; feature++)
        {
            features[feature] = reader.Counts();
        }

        var counts = new WindowCounts(features, reader.Counts(), PredictionCounts.Read(ref reader)) { Rows = rows };
        reader.End();
        return counts;
    }

    internal void AddRows(int rows) => Rows += rows;

    /// <param name="bin">As the hot path found it, with <see cref="BinIndex.Unseen"/> where that is so.</param>
    internal void AddValue(int feature, ushort bin)
    {
        features[feature].Add(bin & ~BinIndex.Unseen);
        if ((bin & BinIndex.Unseen) != 0)
        {
            unseen.Add(feature);
        }
    }
}
