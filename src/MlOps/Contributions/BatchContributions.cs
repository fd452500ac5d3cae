namespace MlOps.Contributions;

/// <summary>The contributions of the rows of one batch; kept with the batch.</summary>
public sealed class BatchContributions
{
    /// <summary>Row-major [rows, explained, features].</summary>
    public double[] Values { get; private set; } = [];

    /// <summary>Standard errors of the values; empty where they are exact.</summary>
    public double[] Errors { get; private set; } = [];

    /// <summary>Scores that are explained of each row: one, or all.</summary>
    public int Explained { get; private set; }

    /// <summary>All of them are explained, each row's of every class; else the one that counts.</summary>
    public bool All { get; private set; }

    public int Features { get; private set; }

    /// <summary>Makes room; what was there is gone.</summary>
    public void Reset(int rows, int explained, int features, bool all, bool sampled)
    {
        (Explained, Features, All) = (explained, features, all);
        var count = checked(rows * explained * features);
        Values = Values.Length >= count ? Values : new double[count];
        Errors = !sampled ? [] : Errors.Length >= count ? Errors : new double[count];
    }

    public Span<double> Of(int row, int explained) => Values.AsSpan(((row * Explained) + explained) * Features, Features);

    public Span<double> ErrorsOf(int row, int explained) => Errors.Length == 0 ? [] : Errors.AsSpan(((row * Explained) + explained) * Features, Features);
}
