using MlOps.Models.Registration;
using Xunit;

namespace MlOps.Tests.Models.Registration;

public sealed class MetadataReaderTests
{
    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{'a': 1}")]
    [InlineData("nul")]
    public void NotJson_IsMalformed(string json) => Assert.Equal(ErrorCode.MalformedBody, Refuse(json).Code);

    [Theory]
    [InlineData("[]", "/metadata")]
    [InlineData("""{"task": "regression", "task": "anomaly"}""", "/metadata/task")]
    [InlineData("""{"x": {"a/b": 1, "a/b": 2}}""", "/metadata/x/a~1b")]
    [InlineData("""{"threshold": 1e999}""", "/metadata/threshold")]
    [InlineData("""{"target": "\ud800"}""", "/metadata/target")]
    [InlineData("""{"features": {}}""", "/metadata/features")]
    [InlineData("""{"features": ["a"]}""", "/metadata/features/0")]
    [InlineData("""{"features": [{"name": 1, "dtype": "numeric"}]}""", "/metadata/features/0/name")]
    [InlineData("""{"features": [{"name": "a", "dtype": "numeric", "nullable": "yes"}]}""", "/metadata/features/0/nullable")]
    [InlineData("""{"features": [{"name": "a", "dtype": "categorical", "domain": "x"}]}""", "/metadata/features/0/domain")]
    [InlineData("""{"features": [{"name": "a", "dtype": "categorical", "domain": [null]}]}""", "/metadata/features/0/domain/0")]
    [InlineData("""{"inputs": []}""", "/metadata/inputs")]
    [InlineData("""{"inputs": {"X": []}}""", "/metadata/inputs/X")]
    [InlineData("""{"inputs": {"X": [1]}}""", "/metadata/inputs/X/0")]
    [InlineData("""{"inputs": {"X": ["a"], "Y": ["a"]}}""", "/metadata/inputs/Y")]
    [InlineData("""{"constants": 1}""", "/metadata/constants")]
    [InlineData("""{"outputs": "p"}""", "/metadata/outputs")]
    [InlineData("""{"outputs": {"scores": []}}""", "/metadata/outputs/scores")]
    [InlineData("""{"classes": ["a"]}""", "/metadata/classes")]
    [InlineData("""{"classes": ["a", "a"]}""", "/metadata/classes")]
    [InlineData("""{"classes": "a,b"}""", "/metadata/classes")]
    [InlineData("""{"threshold": "0.5"}""", "/metadata/threshold")]
    [InlineData("""{"threshold": -0.1}""", "/metadata/threshold")]
    [InlineData("""{"target": ["y"]}""", "/metadata/target")]
    [InlineData("""{"metrics": 0.9}""", "/metadata/metrics")]
    [InlineData("""{"trained_at": "yesterday"}""", "/metadata/trained_at")]
    [InlineData("""{"version": {}}""", "/metadata/version")]
    [InlineData("""{"examples": [{"prediction": 1}]}""", "/metadata/examples/0")]
    [InlineData("""{"examples": [{"inputs": {"a": 1}}]}""", "/metadata/examples/0")]
    [InlineData("""{"examples": [{"inputs": {"a": [1]}, "prediction": 1}]}""", "/metadata/examples/0/inputs/a")]
    [InlineData("""{"examples": [{"inputs": {"a": 1}, "prediction": 1, "probabilities": {"x": "y"}}]}""", "/metadata/examples/0/probabilities/x")]
    [InlineData("""{"task": "regression", "outputs": {"kind": "probability"}}""", "/metadata/task")]
    [InlineData("""{"task": "regression", "outputs": {"label": "l"}}""", "/metadata/outputs/label")]
    [InlineData("""{"task": "anomaly", "classes": ["a", "b"]}""", "/metadata/classes")]
    [InlineData("""{"target": "y", "features": [{"name": "y", "dtype": "numeric"}]}""", "/metadata/target")]
    public void WrongOrContradictory_IsRefusedWithItsPlace(string json, string pointer)
    {
        var refused = Refuse(json);

        Assert.Equal(ErrorCode.InvalidMetadata, refused.Code);
        Assert.Equal(pointer, refused.Faults[0].Pointer);
        Assert.NotEmpty(refused.Faults[0].Detail);
    }

    [Fact]
    public void EveryFault_IsFoundInOneGo() =>
        Assert.Equal(4, Refuse("""{"threshold": 3, "task": "x", "target": 1, "features": [{"name": "a", "dtype": "y"}]}""").Faults.Length);

    [Fact]
    public void MoreThanAHundredExamples_AreRefused() =>
        Assert.Equal("/metadata/examples", Refuse($$"""{"examples": [{{string.Join(", ", Enumerable.Repeat("""{"inputs": {"a": 1}, "prediction": 1}""", 101))}}]}""").Faults[0].Pointer);

    [Fact]
    public void UnknownKeys_AreKeptWithTheNearestNamed()
    {
        var warnings = new List<string>();

        MetadataReader.Read("""{"treshold": 1, "exporter": "x", "features": [{"name": "a", "dtype": "numeric", "nulable": true}], "outputs": {"score": "p"}}""", warnings);

        Assert.Contains(warnings, warning => warning.Contains("'treshold'", StringComparison.Ordinal) && warning.Contains("'threshold'", StringComparison.Ordinal));
        Assert.Contains(warnings, warning => warning.Contains("'exporter'", StringComparison.Ordinal) && warning.Contains("'features'", StringComparison.Ordinal));
        Assert.Contains(warnings, warning => warning.Contains("'nulable'", StringComparison.Ordinal) && warning.Contains("'nullable'", StringComparison.Ordinal));
        Assert.Contains(warnings, warning => warning.Contains("'score'", StringComparison.Ordinal) && warning.Contains("'scores'", StringComparison.Ordinal));
    }

    [Fact]
    public void NullsAndAbsence_MeanTheSame()
    {
        var metadata = MetadataReader.Read("""{"features": null, "classes": null, "outputs": {"kind": null}, "threshold": null, "examples": null}""", []);

        Assert.False(metadata.ListsFeatures);
        Assert.True(metadata.Classes.IsDefault);
        Assert.Null(metadata.Outputs.Kind);
    }

    private static MlOpsException Refuse(string json) => Assert.Throws<MlOpsException>(() => MetadataReader.Read(json, []));
}
