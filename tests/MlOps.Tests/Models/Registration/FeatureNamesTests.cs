using CsCheck;
using MlOps.Models.Registration;
using Xunit;

namespace MlOps.Tests.Models.Registration;

public sealed class FeatureNamesTests
{
    [Theory]
    [InlineData("Lot.Area", "Lot_Area")]
    [InlineData("1st", "_1st")]
    [InlineData("Größe (m²)", "Größe__m²_")]
    [InlineData("Mo Sold/Yr", "Mo_Sold_Yr")]
    [InlineData("naïve_ℕ½", "naïve_ℕ½")]
    [InlineData("", "")]
    [InlineData("a😀b", "a_b")]
    [InlineData("٣x", "_٣x")]
    public void Exported_IsSkl2onnxsRule(string name, string exported) => Assert.Equal(exported, FeatureNames.Exported(name));

    [Fact]
    public void Exported_Twice_ChangesNothing() =>
        Gen.String.Sample(name => FeatureNames.Exported(FeatureNames.Exported(name)) == FeatureNames.Exported(name));

    [Fact]
    public void Pair_ExactNamesFirst()
    {
        var pairs = FeatureNames.Pair(["a_b", "c"], ["c", "a.b", "a_b"]);

        Assert.Equal([2, 0], pairs.Callers);
        Assert.Equal(["a.b"], pairs.Blurred);
    }

    [Fact]
    public void Pair_TwoThatExportAlike_PairNeither()
    {
        var pairs = FeatureNames.Pair(["a_b"], ["a.b", "a b"]);

        Assert.Equal([-1], pairs.Callers);
        Assert.Equal(["a.b", "a b"], pairs.Blurred);
    }

    [Theory]
    [InlineData("len", "Len", true)]
    [InlineData("_1st", "1st", true)]
    [InlineData("f0", "len", false)]
    public void Resemble_IgnoresCaseAndKnowsTheRule(string graph, string caller, bool alike) => Assert.Equal(alike, FeatureNames.Resemble([graph], [caller]));
}
