using MlOps.Deployments;
using MlOps.Drift;
using MlOps.Models;
using MlOps.Sql;

namespace MlOps.InferenceLogs;

/// <summary>The first answers of deployments, frozen by the commit that passes their number, in its transaction.</summary>
internal static class FrozenAnswers
{
    public static async Task<PredictionBins?> Find(SqlSession session, DeploymentId deployment) =>
        await session.First(
            $"select first_answers from inference_deployments where deployment = {deployment} and first_answers is not null", row => row.Text("first_answers")) is { } json
            ? ExactJson.Read<PredictionBins>(json)
            : null;

    /// <summary>Freezes those that are enough by now, once what the transaction has counted is in the windows.</summary>
    /// <param name="awaiting">With what their models answer.</param>
    public static async Task Freeze(SqlSession session, IReadOnlyDictionary<DeploymentId, OutputSpec> awaiting, RowNumbers numbers)
    {
        // In one order, so that two who await the same ones wait for each other in one direction only.
        foreach (var (deployment, output) in awaiting.OrderBy(one => one.Key.Value))
        {
            if (await IsFirst(session, deployment) && FirstAnswers.Freeze(output, await Answered(session, numbers.Deployments[deployment])) is { } frozen)
            {
                await session.Execute($"update inference_deployments set first_answers = {ExactJson.Write(frozen)} where deployment = {deployment}");
            }
        }
    }

    // Changes nothing, and holds the row: of two journals that pass the number together none sees the other's rows, so the second waits here for the first, and then counts
    // its rows, too, or finds the condition gone.
    private static async Task<bool> IsFirst(SqlSession session, DeploymentId deployment) =>
        await session.Execute($"update inference_deployments set first_answers = null where deployment = {deployment} and first_answers is null") == 1;

    private static async Task<PredictionCounts> Answered(SqlSession session, int deployment)
    {
        var answered = new PredictionCounts();
        foreach (var window in await session.All($"select counts from drift_hours where deployment = {deployment}", row => WindowCounts.Read(row.Bytes("counts"))))
        {
            answered.Add(window.Predictions);
        }

        return answered;
    }
}
