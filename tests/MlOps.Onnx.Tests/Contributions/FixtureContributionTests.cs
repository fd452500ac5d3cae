using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Contributions;
using MlOps.Predictions;
using MlOps.Tests.Registration;
using Xunit;

namespace MlOps.Tests.Contributions;

/// <summary>Contributions of files as exporters write them, beside those of the libraries that trained the models.</summary>
public sealed class FixtureContributionTests
{
    private static readonly Dictionary<string, (ContributionMethod Method, ContributionSpace Space)> Known = new()
    {
        ["cat_oj_binary"] = (ContributionMethod.Tree, ContributionSpace.LogOdds),
        ["churn_grouped_inputs"] = (ContributionMethod.Linear, ContributionSpace.LogOdds),
        ["churn_mlp_zipmap_int"] = (ContributionMethod.Sampled, ContributionSpace.LogOdds),
        ["churn_rf_pipeline_zipmap"] = (ContributionMethod.Tree, ContributionSpace.Probability),
        ["churn_stacked"] = (ContributionMethod.Sampled, ContributionSpace.Probability),
        ["credit_gbc"] = (ContributionMethod.Tree, ContributionSpace.LogOdds),
        ["credit_logreg_pipeline"] = (ContributionMethod.Linear, ContributionSpace.LogOdds),
        ["credit_xgb_nan"] = (ContributionMethod.Tree, ContributionSpace.LogOdds),
        ["flights_gbr"] = (ContributionMethod.Tree, ContributionSpace.Value),
        ["flights_linear"] = (ContributionMethod.Linear, ContributionSpace.Value),
        ["flights_origin"] = (ContributionMethod.Tree, ContributionSpace.Value),
        ["h2o_gbm_titanic"] = (ContributionMethod.Tree, ContributionSpace.LogOdds),
        ["keras_stackoverflow_constants"] = (ContributionMethod.Enumerated, ContributionSpace.LogOdds),
        ["lgbm_visits_poisson"] = (ContributionMethod.Tree, ContributionSpace.Log),
        ["skl_ames_dataframe_names_nan"] = (ContributionMethod.Tree, ContributionSpace.Value),
        ["skl_births_rf_nan_columns"] = (ContributionMethod.Tree, ContributionSpace.Probability),
        ["torch_diamonds_external"] = (ContributionMethod.Enumerated, ContributionSpace.Value),
        ["torch_hmda_sigmoid"] = (ContributionMethod.Sampled, ContributionSpace.LogOdds),
        ["v5_txhousing_regression_nan"] = (ContributionMethod.Tree, ContributionSpace.Value),
        ["wine_xgb_multiclass"] = (ContributionMethod.Tree, ContributionSpace.LogOdds),
        ["xgb_default_softmax_margins"] = (ContributionMethod.Tree, ContributionSpace.LogOdds),
        ["xgb_loans_categorical"] = (ContributionMethod.Tree, ContributionSpace.LogOdds),
    };

    public static TheoryData<string> Files => [.. FixtureFolder.Exported()];

    public static TheoryData<string> Explained => [.. FixtureFolder.Exported().Where(name => new FixtureFolder(name).Expected.TryGetProperty("contributions", out _))];

    [Theory]
    [MemberData(nameof(Files))]
    public void Model_IsExplainedByWhatFitsIt(string name)
    {
        using var model = Register(name);

        var basis = model.Checked.Contributions!;

        Assert.Null(basis.Unavailable);
        Assert.Equal(Known[name], (basis.Method, basis.Reading.Space));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Contributions_AddUpToTheScore(string name)
    {
        using var model = Register(name);
        using var explainer = model.Explainer();
        var rows = Rows(name, explainer);
        using var batch = model.Run(rows);

        var found = Explain(explainer, batch, all: false);

        for (var row = 0; row < batch.Rows; row++)
        {
            var score = explainer.Scores == 1 ? 0 : batch.Outputs.Classes[row];
            AssertNear(Score(batch, row, score, explainer), found.Of(row, 0).ToArray().Sum() + explainer.Bias(score), 1e-4);
        }
    }

    [Theory]
    [MemberData(nameof(Explained))]
    public void Contributions_AreThoseOfTheLibrary(string name)
    {
        var oracle = new FixtureFolder(name).Expected.GetProperty("contributions");
        using var model = Register(name);
        using var explainer = model.Explainer();
        using var batch = model.Run([.. new FixtureFolder(name).Expected.GetProperty("inputs").EnumerateArray()]);

        var found = Explain(explainer, batch, all: true);

        var order = oracle.GetProperty("features").EnumerateArray().Select(feature => model.Signature.Features.Select(one => one.Name).ToList().IndexOf(feature.GetString()!)).ToArray();
        var expected = oracle.GetProperty("values").EnumerateArray().Select(row => ByScore(row, explainer.Scores)).ToArray();
        var tolerance = name == "flights_linear" ? 1e-6 : 1e-4;
        var scale = expected.SelectMany(row => row).SelectMany(score => score.SkipLast(1)).Max(Math.Abs);
        for (var row = 0; row < expected.Length; row++)
        {
            for (var score = 0; score < explainer.Scores; score++)
            {
                var values = found.Of(row, score);
                for (var feature = 0; feature < order.Length; feature++)
                {
                    Assert.InRange(values[order[feature]] - expected[row][score][feature], -tolerance * scale, tolerance * scale);
                }

                Assert.InRange(explainer.Bias(score) - expected[row][score][^1], -tolerance * scale, tolerance * scale);
            }
        }
    }

    private static UnderstoodModel Register(string name)
    {
        var folder = new FixtureFolder(name);
        var metadata = folder.Metadata;
        if (name == "xgb_default_softmax_margins")
        {
            metadata["outputs"] = new JsonObject { ["kind"] = "logit" };
        }
        else if (name == "skl_births_rf_nan_columns")
        {
            metadata.Remove("examples");
        }

        return folder.Register(metadata.ToJsonString(), covers: File.Exists(folder.At("xgboost_dump.json")));
    }

    // Models that are run again and again explain fewer.
    private static JsonElement[] Rows(string name, IExplainer explainer) =>
        [.. new FixtureFolder(name).Expected.GetProperty("inputs").EnumerateArray().Take(explainer.Method is ContributionMethod.Tree or ContributionMethod.Linear ? 200 : 5)];

    private static BatchContributions Explain(IExplainer explainer, PredictionBatch batch, bool all)
    {
        var found = new BatchContributions();
        found.Reset(batch.Rows, all ? explainer.Scores : 1, batch.Plan.Signature.Features.Length, all, explainer.Method == ContributionMethod.Sampled);
        explainer.Explain(batch, found, 0, batch.Rows, CancellationToken.None);
        return found;
    }

    // One list of values, or one for each class.
    private static double[][] ByScore(JsonElement row, int scores) => row[0].ValueKind == JsonValueKind.Array
        ? [.. row.EnumerateArray().Select(score => score.EnumerateArray().Select(value => value.GetDouble()).ToArray())]
        : [.. Enumerable.Repeat(row.EnumerateArray().Select(value => value.GetDouble()).ToArray(), scores)];

    private static double Score(PredictionBatch batch, int row, int score, IExplainer explainer)
    {
        var output = batch.Plan.Signature.Output;
        var value = batch.Outputs.Scores[row * output.ScoreWidth];
        var probabilities = batch.Outputs.Probabilities.Skip(row * output.Classes.Length).Take(output.Classes.Length).ToArray();
        return explainer.Space switch
        {
            ContributionSpace.Value => value,
            ContributionSpace.Log => Math.Log(value),
            ContributionSpace.Probability => probabilities[explainer.Scores == 1 ? 1 : score],
            _ when explainer.Scores == 1 => Math.Log(probabilities[1] / probabilities[0]),
            _ => double.NaN,
        };
    }

    // Of several classes only the differences of the scores are told by the answer.
    private static void AssertNear(double expected, double actual, double tolerance)
    {
        if (!double.IsNaN(expected))
        {
            Assert.InRange(actual - expected, -tolerance * Math.Max(1, Math.Abs(expected)), tolerance * Math.Max(1, Math.Abs(expected)));
        }
    }
}
