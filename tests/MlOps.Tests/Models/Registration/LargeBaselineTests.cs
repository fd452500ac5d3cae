using System.Globalization;
using MlOps.Models;
using MlOps.Models.Registration;
using MlOps.Projects;
using Xunit;

namespace MlOps.Tests.Models.Registration;

/// <summary>A model whose rows are too many to be read before the answer: what is said from the first rows, and what all of them make of it.</summary>
public sealed class LargeBaselineTests : IDisposable
{
    private const int Rows = RowsFile.FirstRows + 1_000;

    private readonly string folder = Directory.CreateTempSubdirectory("mlops-large-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void FirstRows_SayWhatTheyShowAndFreezeNothing()
    {
        var first = Model().Accept("""{"target": "t"}""", Csv(late: ",5,x,z"), reading: First);

        Assert.True(first.RowsLater);
        Assert.Null(first.Baseline);
        Assert.NotNull(first.Preview);
        Assert.False(first.Feature("a").Nullable);
        Assert.Equal(["u", "v"], first.Feature("c").Domain.Select(value => value.ToString()));
        Assert.Contains($"from its first {RowsFile.FirstRows} rows", first.Warnings(), StringComparison.Ordinal);
    }

    [Fact]
    public void AllRows_AddMissingValuesAndLevels()
    {
        var csv = Csv(late: ",5,w,x");
        var registered = Registered(Model().Accept("""{"target": "t"}""", csv, reading: First));

        var settled = WholeBaseline.Settle(registered, Model().Accept("""{"target": "t"}""", csv, reading: Whole));
        var inline = Model().Accept("""{"target": "t"}""", csv);

        Assert.True(settled.Signature.Features[0].Nullable);
        Assert.Equal(["u", "v", "w"], settled.Signature.Features.Single(feature => feature.Name == "c").Domain.Select(value => value.ToString()));
        Assert.Equal(ExactJson.Write(inline.Signature), ExactJson.Write(settled.Signature));
        Assert.Equal(ExactJson.Write(inline.Baseline), ExactJson.Write(settled.Baseline));
        Assert.Equal(inline.Warnings, settled.Warnings);
    }

    [Fact]
    public void TextAmongNumbers_IsRefusedByAllRows() =>
        Assert.Equal(ErrorCode.FeaturesAmbiguous, Assert.Throws<MlOpsException>(() => Model().Accept("""{"target": "t"}""", Csv(late: "oops,5,u,x"), reading: Whole)).Code);

    [Fact]
    public void OtherClasses_ContradictTheFirstRows()
    {
        var free = new StubModel().Input("a").Input("b").Input("c", ElementType.String).Scores("p", _ => [0.2, 0.8], fromNode: true);
        var metadata = """{"target": "t", "task": "classification"}""";
        var registered = Registered(free.Accept(metadata, Csv(late: "1,2,u,x"), reading: First));
        var whole = free.Accept(metadata, Csv(late: "1,2,u,x"), reading: Whole);

        var refused = Assert.Throws<MlOpsException>(() => WholeBaseline.Settle(
            registered, whole with { Signature = whole.Signature with { Output = whole.Signature.Output with { Classes = ["x", "z"] } } }));

        Assert.Equal(ErrorCode.InvalidBaseline, refused.Code);
        Assert.Contains("x, y by the first rows and x, z by all of them", refused.Message, StringComparison.Ordinal);
        Assert.Contains("\"classes\"", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnotherType_ContradictsTheFirstRows()
    {
        var flags = Csv(late: "0.5,2,u,x", first: "true");
        var registered = Registered(Model().Accept("""{"target": "t"}""", flags, reading: First));

        var refused = Assert.Throws<MlOpsException>(() => WholeBaseline.Settle(registered, Model().Accept("""{"target": "t"}""", flags, reading: Whole)));

        Assert.Equal("/baseline/a", Assert.Single(refused.Faults).Pointer);
        Assert.Contains("boolean by the first rows and numeric by all of them", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RowsGivenLater_FreezeTheBinsOfTheSettledSignature()
    {
        var bare = Model().Accept("""{"features": [{"name": "a", "dtype": "numeric"}, {"name": "b", "dtype": "numeric"}, {"name": "c", "dtype": "categorical", "domain": ["u", "v"]}], "target": "t"}""");
        var path = Path.Combine(folder, "rows.csv");
        File.WriteAllText(path, "c,b,a,t,extra\nu,1,2,x,9\nv,2,,y,9\nw,3,4,x,9\n");

        var given = Add(bare.Signature, path, """{"target": "t"}""");

        Assert.Equal(ExactJson.Write(bare.Signature), ExactJson.Write(given.Signature));
        Assert.Equal(3, given.Baseline!.Rows);
        Assert.All(given.Baseline.Features, bins => Assert.Equal(3, bins!.Counts.Sum()));
        Assert.Equal("training_labels", given.Baseline.Prediction!.Source);
        Assert.Contains("no feature are ignored: extra", given.Warnings(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a,b\n1,2\n", "no column 'c'")]
    [InlineData("a,b,c\n1,2,u\nx,2,v\n", "'a' takes numbers, and row 2 of those that are used says 'x'")]
    public void RowsGivenLater_ThatDoNotFit_AreRefused(string csv, string said)
    {
        var bare = Model().Accept();
        var path = Path.Combine(folder, "rows.csv");
        File.WriteAllText(path, csv);

        var refused = Assert.Throws<MlOpsException>(() => Add(bare.Signature, path, null));

        Assert.Equal(ErrorCode.InvalidBaseline, refused.Code);
        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
    }

    private static RowsReading First => Registering.All with { InlineBytes = 1_000 };

    private RowsReading Whole => Registering.All with { SpillFolder = folder };

    private CheckedModel Add(ModelSignature signature, string path, string? metadata) => BaselineAddition.Freeze(
        Model(), new ModelUpload("", System.Collections.Immutable.ImmutableDictionary<string, string>.Empty, path, null, null, metadata), signature, Registering.All, CancellationToken.None);

    private static StubModel Model() => new StubModel().Input("a").Input("b").Input("c", ElementType.String)
        .Label("label", row => "x", "x", "y").Scores("p", _ => [0.2, 0.8], fromNode: true);

    private static string Csv(string late, string first = "1.5") =>
        "a,b,c,t\n" + string.Concat(Enumerable.Range(0, Rows).Select(row =>
            string.Create(CultureInfo.InvariantCulture, $"{(row == Rows - 1 ? late : $"{first},{row},{(row % 2 == 0 ? 'u' : 'v')},{(row % 2 == 0 ? 'x' : 'y')}")}\n")));

    private static RegisteredModel Registered(CheckedModel found)
    {
        var now = DateTimeOffset.UnixEpoch;
        return new RegisteredModel(
            ModelId.New(now), ProjectId.New(now), "m", "GBM", "d", [], found.Signature, null, "{}", "{}", found.ExampleRequest, found.Preview, found.Warnings, now);
    }
}
