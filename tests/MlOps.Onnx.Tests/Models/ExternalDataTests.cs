using System.Collections.Immutable;
using MlOps.Format;
using MlOps.Models;
using MlOps.Models.Registration;
using Xunit;
using static MlOps.Tests.Models.Graphs;

namespace MlOps.Tests.Models;

/// <summary>Weights beside the graph.</summary>
public sealed class ExternalDataTests : IDisposable
{
    private readonly Scratch scratch = new();

    [Theory]
    [InlineData("w.bin", "w.bin")]
    [InlineData("./w.bin", "w.bin")]
    [InlineData("w.bin", "./w.bin")]
    [InlineData("w.bin", "another name")]
    [InlineData("a name with spaces", "w.bin")]
    public void OnePart_OfAnyName_IsTheOneLocation(string location, string part)
    {
        var model = Model(External("w", location, [2, 1]));

        var file = Open(model, out var locations, (part, [0, 0, 0, 64, 0, 0, 64, 64]));

        using (file)
        {
            Assert.Equal([8f], (float[])file.Run([new Tensor("X", ElementType.Float, [1, 2], new[] { 1f, 2f })])[0].Values);
        }

        Assert.Equal(part == location.Replace("./", "", StringComparison.Ordinal) ? [] : [(part, location.Replace("./", "", StringComparison.Ordinal))], locations.Select(pair => (pair.Key, pair.Value)));
    }

    [Fact]
    public void SeveralParts_GoByTheirNames()
    {
        var model = Model(External("w", "one", [2, 1]), External("v", "two", [2, 1]));

        using var file = Open(model, out var locations, ("./two", new byte[8]), ("one", [0, 0, 0, 64, 0, 0, 64, 64]));

        Assert.Equal([8f], (float[])file.Run([new Tensor("X", ElementType.Float, [1, 2], new[] { 1f, 2f })])[0].Values);
        Assert.Equal(["./two"], locations.Keys);
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../w.bin")]
    [InlineData("..")]
    [InlineData("weights/w.bin")]
    [InlineData("weights\\w.bin")]
    [InlineData("C:w.bin")]
    [InlineData("./")]
    [InlineData("")]
    [InlineData(".//etc/passwd")]
    public void Location_ThatIsNoPlainName_IsRefusedWithTheWayOut(string location)
    {
        var refused = Refused(Model(External("w", location, [2, 1])), ("w.bin", new byte[8]));

        Assert.Contains("external_data=False", refused, StringComparison.Ordinal);
        Assert.Contains("onnx.save_model", refused, StringComparison.Ordinal);
        Assert.DoesNotContain("passwd", refused, StringComparison.Ordinal);
    }

    [Fact]
    public void Part_ThatIsMissing_IsNamed() => Assert.Contains("'w.bin'", Refused(Model(External("w", "w.bin", [2, 1]))), StringComparison.Ordinal);

    [Fact]
    public void Part_OfAnotherName_BesideOnes_IsMissingToo() => Assert.Contains(
        "'two'", Refused(Model(External("w", "one", [2, 1]), External("v", "two", [2, 1])), ("one", new byte[8]), ("three", new byte[8])), StringComparison.Ordinal);

    [Fact]
    public void Part_ThatNothingRefersTo_IsNamed()
    {
        var refused = Refused(Model(Floats("w", [2, 1], 1, 2)), ("w.bin", new byte[8]));

        Assert.Contains("'w.bin'", refused, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData(0L, 8L)]
    [InlineData(4L, null)]
    [InlineData(long.MaxValue, 8L)]
    public void Part_ThatIsTooShort_IsRefused(long? offset, long? length) =>
        Assert.Matches("7 bytes|impossible", Refused(Model(External("w", "w.bin", [2, 1], offset, length)), ("w.bin", new byte[7])));

    [Fact]
    public void Tensors_WithinNodesAndGraphsOfNodes_CountToo()
    {
        var inner = new GraphProto { Name = "b", Initializer = { External("u", "/secret", [1]) }, Node = { Node("Identity", ["u"], ["o"]) }, Output = { Value("o", 1, 1) } };
        var model = Model(Floats("w", [2, 1], 1, 2));
        model.Graph.Node.Add(Node("If", ["c"], ["z"], "", Body("then_branch", inner), Body("else_branch", inner.Clone())));

        Assert.Contains("external_data=False", Refused(model), StringComparison.Ordinal);
    }

    public void Dispose() => scratch.Dispose();

    private static ModelProto Model(params TensorProto[] weights) => Graphs.Model(
        [Node("MatMul", ["X", "w"], ["y"]), .. weights.Skip(1).Select(more => Node("MatMul", ["X", more.Name], ["not_" + more.Name]))],
        [Value("X", 1, -1, 2)],
        [Value("y", 1, -1, 1)],
        weights);

    private string Refused(ModelProto model, params (string Name, byte[] Bytes)[] parts)
    {
        var refused = Assert.Throws<MlOpsException>(() => Open(model, out _, parts).Dispose());
        Assert.Equal(ErrorCode.InvalidModel, refused.Code);
        Assert.NotEmpty(refused.Faults);
        return refused.Message;
    }

    private OnnxModelFile Open(ModelProto model, out ImmutableDictionary<string, string> locations, params (string Name, byte[] Bytes)[] parts) => OnnxModelFile.Open(
        scratch.Write(model), parts.ToImmutableDictionary(part => part.Name, part => scratch.Write("part", part.Bytes)), scratch.Empty(), out locations);
}
