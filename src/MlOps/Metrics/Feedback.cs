using MlOps.Deployments;
using MlOps.InferenceLogs;
using MlOps.Models;
using MlOps.Projects;

namespace MlOps.Metrics;

/// <summary>What a caller says a row turned out to be; kept until the row is in the log, an external id's for all its rows to come.</summary>
/// <param name="Sequence">Rises in the order of storing; 0 before.</param>
/// <param name="Deployment">Null when it was sent to the project: the row's deployment is one of its.</param>
/// <param name="Row">The inference id; null when <paramref name="ExternalId"/> says which rows.</param>
/// <param name="Actual">As sent: a class of the row's model in any spelling that it knows, or a number.</param>
public sealed record Feedback(
    long Sequence,
    ProjectId Project,
    DeploymentId? Deployment,
    Guid? Row,
    string? ExternalId,
    Scalar Actual,
    DateTimeOffset ObservedAt,
    DateTimeOffset ArrivedAt);

/// <summary>The actual that counts for a row.</summary>
public readonly record struct KnownActual(Scalar Actual, DateTimeOffset ObservedAt, DateTimeOffset ArrivedAt, long Sequence)
{
    public static KnownActual Of(Feedback sent) => new(sent.Actual, sent.ObservedAt, sent.ArrivedAt, sent.Sequence);

    /// <summary>Whether this wins over what counts until now: the later observation, on a tie the one stored later. The same again is no news.</summary>
    public bool Replaces(KnownActual? known) => known is not { } before
        || ObservedAt > before.ObservedAt
        || (ObservedAt == before.ObservedAt && Sequence > before.Sequence && Actual != before.Actual);
}

/// <summary>An answered row as feedback finds it.</summary>
public sealed record PredictedRow(DeploymentId Deployment, ModelId Model, Guid Id, string? Label, double? Value, KnownActual? Known)
{
    /// <summary>The minute that metrics count it in.</summary>
    public UtcMinute Minute => new(LogRange.Milliseconds(Id) / 60_000);
}

/// <summary>What feedback changes about one row.</summary>
/// <param name="Winner">The actual that counts from now on.</param>
/// <param name="Correction">To add to the windows; null where nothing changes.</param>
/// <param name="Replaced">Whether another actual counted before.</param>
/// <param name="Invalid">Sequences whose actual is none of the model's.</param>
public sealed record JudgedRow(KnownActual? Winner, OutcomeCorrection? Correction, bool Replaced, IReadOnlyList<long> Invalid)
{
    /// <param name="reader">Of the row's model; null when the model is deleted: actuals are kept then, and count nowhere.</param>
    /// <param name="sent">About this row, in the order of their sequences.</param>
    public static JudgedRow Of(PredictedRow row, TargetReader? reader, IEnumerable<Feedback> sent)
    {
        var winner = row.Known;
        var invalid = new List<long>();
        foreach (var one in sent)
        {
            if (reader is not null && reader.Read(one.Actual, out _) is null)
            {
                invalid.Add(one.Sequence);
            }
            else if (KnownActual.Of(one) is var candidate && candidate.Replaces(winner))
            {
                winner = candidate;
            }
        }

        if (winner == row.Known)
        {
            return new JudgedRow(winner, null, false, invalid);
        }

        var correction = reader is null || Predicted(row, reader) is not { } prediction
            ? null
            : OutcomeCorrection.Of(row.Minute, prediction, Outcome(row.Known, reader), Outcome(winner, reader));
        return new JudgedRow(winner, correction, row.Known is not null, invalid);
    }

    private static Target? Predicted(PredictedRow row, TargetReader reader) =>
        row.Label is { } label ? reader.Read(Scalar.Of(label), out _) : row.Value is { } value ? Target.OfNumber(value) : null;

    private static Outcome? Outcome(KnownActual? known, TargetReader reader) =>
        known is { } actual && reader.Read(actual.Actual, out _) is { } target ? new Outcome(target, actual.ObservedAt, actual.ArrivedAt) : null;
}
