namespace MlOps.Metrics;

/// <summary>What a row turned out to be, as feedback said.</summary>
/// <param name="ObservedAt">When it was seen: the sender's word, else the arrival.</param>
/// <param name="ArrivedAt">When it reached us.</param>
public readonly record struct Outcome(Target Actual, DateTimeOffset ObservedAt, DateTimeOffset ArrivedAt)
{
    /// <summary>Whether this, committed later, wins over what is known: the latest observation does, and on a tie the later commit.</summary>
    public bool Replaces(Outcome? known) => known is not { } before || ObservedAt >= before.ObservedAt;
}

/// <summary>A change to the counts of one minute.</summary>
public readonly record struct AccuracyChange(UtcMinute Minute, AccuracyCounts Counts);

/// <summary>
/// What a new outcome of a row changes. Metrics count a row by the minute it was answered in, alerts by the minute in which its winning outcome arrived; a
/// correction moves it in both.
/// </summary>
/// <param name="Answered">To add to the metrics' window.</param>
/// <param name="Withdrawn">To add to the alerts' window of the outcome that lost; its counts are negative. Null for a row's first outcome.</param>
/// <param name="Arrived">To add to the alerts' window of the outcome that won; null when the row's outcome is withdrawn.</param>
public sealed record OutcomeCorrection(AccuracyChange Answered, AccuracyChange? Withdrawn, AccuracyChange? Arrived)
{
    /// <param name="answered">The minute of the row's own time.</param>
    /// <param name="before">The outcome that counts until now.</param>
    /// <param name="after">The outcome that counts from now on.</param>
    public static OutcomeCorrection Of(UtcMinute answered, Target prediction, Outcome? before, Outcome? after)
    {
        var old = before is { } lost ? AccuracyCounts.Of(prediction, lost.Actual) : default;
        var now = after is { } won ? AccuracyCounts.Of(prediction, won.Actual) : default;
        return new OutcomeCorrection(
            new AccuracyChange(answered, now - old),
            before is { } gone ? new AccuracyChange(UtcMinute.Of(gone.ArrivedAt), -old) : null,
            after is { } came ? new AccuracyChange(UtcMinute.Of(came.ArrivedAt), now) : null);
    }
}
