namespace MlOps.Predictions;

/// <summary>A running estimate of what a run takes: a part for the call and a part for each row.</summary>
internal sealed class RunCost
{
    private const double Weight = 0.05;

    private double callMicroseconds;
    private double rowMicroseconds;

    public double Microseconds(int rows) => Volatile.Read(ref callMicroseconds) + ((rows - 1) * Volatile.Read(ref rowMicroseconds));

    /// <summary>Rows that fit into so many microseconds; at least 1.</summary>
    public int RowsWithin(double microseconds)
    {
        var perRow = Volatile.Read(ref rowMicroseconds);
        return perRow <= 0 ? int.MaxValue : (int)Math.Clamp(1 + ((microseconds - Volatile.Read(ref callMicroseconds)) / perRow), 1, int.MaxValue);
    }

    // Lost updates of racing runs do not matter: the next run corrects them.
    public void Observe(int rows, TimeSpan took)
    {
        var microseconds = took.TotalMicroseconds;
        if (rows == 1)
        {
            Blend(ref callMicroseconds, microseconds);
        }
        else if (rows >= 8)
        {
            Blend(ref rowMicroseconds, Math.Max(0, microseconds - Volatile.Read(ref callMicroseconds)) / (rows - 1));
        }
    }

    public void Start(double call, double row)
    {
        Volatile.Write(ref callMicroseconds, call);
        Volatile.Write(ref rowMicroseconds, row);
    }

    private static void Blend(ref double estimate, double observed)
    {
        var before = Volatile.Read(ref estimate);
        Volatile.Write(ref estimate, before + (Weight * (observed - before)));
    }
}
