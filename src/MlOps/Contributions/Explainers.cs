using MlOps.Models;

namespace MlOps.Contributions;

/// <summary>Makes a model's explainer from its file and its basis.</summary>
public static class Explainers
{
    /// <param name="served">The model as it answers predictions; lives longer than the explainer.</param>
    /// <param name="load">Loads the graph up to a value, to be answered as scores.</param>
    /// <exception cref="InvalidDataException">The basis is of another file.</exception>
    public static IExplainer Of(
        ScoreForm form, ContributionBasis basis, ModelSignature signature, ILoadedModel served, Func<GraphCut, ILoadedModel> load, CancellationToken deadline)
    {
        var reading = basis.Reading;
        switch (basis.Method, form.Source)
        {
            case (ContributionMethod.Tree, TreeScores trees):
                {
                    var ensemble = basis.Covers.IsEmpty ? trees.Ensemble : trees.Ensemble.With(basis.Covers);
                    var explainer = new TreeExplainer(reading.Of(ensemble), [.. trees.Input.Players], signature.Features.Length);
                    return new TreeColumnExplainer(reading.Space, explainer, reading.Count(ensemble.Targets), new EncodedColumns(trees.Input, trees.IsDouble, signature, load));
                }

            case (ContributionMethod.Linear, LinearScores linear):
                {
                    var explainer = new LinearExplainer(reading.Of(linear.Model), [.. linear.Input.Players], [.. basis.Means]);
                    return new LinearColumnExplainer(reading.Space, explainer, reading.Count(linear.Model.Targets), new EncodedColumns(linear.Input, isDouble: true, signature, load));
                }

            case (ContributionMethod.Enumerated or ContributionMethod.Sampled, var source):
                {
                    var cut = reading.Space == ContributionSpace.LogOdds ? (source as GraphScores)?.Cut : null;
                    return CoalitionExplainer.Of(new GraphValues(new GraphScores(cut), reading, signature, served, load), reading.Space, basis.Background, deadline);
                }

            default:
                throw new InvalidDataException($"The file has no scores that are explained as {basis.Method}.");
        }
    }
}
