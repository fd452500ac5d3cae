using Google.Protobuf;
using MlOps.Format;
using MlOps.Models;
using Xunit;
using static MlOps.Tests.Models.Graphs;

namespace MlOps.Tests.Models;

/// <summary>Files that cannot be served, and what is said of them.</summary>
public sealed class OpeningTests : IDisposable
{
    private readonly Scratch scratch = new();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(-1)]
    public void File_CutOff_IsRefused(int length)
    {
        var whole = Simple().ToByteArray();

        Assert.NotEmpty(Refused(whole[..(length < 0 ? whole.Length + length : length)]));
    }

    [Fact]
    public void File_OfRandomBytes_IsRefused()
    {
        var bytes = new byte[10_000];
        new Random(7).NextBytes(bytes);

        Assert.Contains("not an ONNX model", Refused(bytes), StringComparison.Ordinal);
    }

    [Fact]
    public void Graphs_WithinGraphsWithoutEnd_AreRefusedUnread()
    {
        var graph = Simple().Graph;
        for (var depth = 0; depth < 150; depth++)
        {
            graph = new GraphProto { Name = "g", Node = { Node("If", ["c"], ["y"], "", Body("then_branch", graph)) }, Output = { Value("y", 1) } };
        }

        Assert.Contains("nested", Refused(new ModelProto { IrVersion = 8, OpsetImport = { new OperatorSetIdProto { Version = 17 } }, Graph = graph }.ToByteArray()), StringComparison.Ordinal);
    }

    [Fact]
    public void Operator_ThatOnnxDoesNotHave_IsNamed() =>
        Assert.Contains("LookupTableFindV2", Refused(Model([Node("LookupTableFindV2", ["X"], ["y"])], [Value("X", 1, -1, 1)], [Value("y", 1, -1, 1)]).ToByteArray()), StringComparison.Ordinal);

    [Fact]
    public void Operators_OfForeignDomains_AreNamedOnceWithoutTheirNotes()
    {
        var node = Node("Polish", ["X"], ["y"], "acme.ops");
        node.Name = "File \"/home/alice/train.py\", line 3";
        var inner = new GraphProto { Name = "b", Node = { Node("Hidden", ["X"], ["o"], "acme.more") }, Output = { Value("o", 1) } };
        var model = Model(
            [node, node.Clone(), Node("If", ["c"], ["z"], "", Body("then_branch", inner), Body("else_branch", inner.Clone()))], [Value("X", 1, -1, 1)], [Value("y", 1, -1, 1)]);

        var refused = Refused(model.ToByteArray());

        Assert.Contains("Hidden of acme.more, Polish of acme.ops.", refused, StringComparison.Ordinal);
        Assert.DoesNotContain("alice", refused, StringComparison.Ordinal);
    }

    [Fact]
    public void BFloat16_Inside_IsSaid()
    {
        var model = Model(
            [Node("Cast", ["X"], ["x"], "", Int("to", 16)), Node("Gemm", ["x", "x"], ["z"]), Node("Cast", ["z"], ["y"], "", Int("to", 1))], [Value("X", 1, -1, 1)], [Value("y", 1, -1, 1)]);

        Assert.Contains("bfloat16", Refused(model.ToByteArray()), StringComparison.Ordinal);
    }

    [Fact]
    public void Locale_ThatIsNotInstalled_IsSaidWithTheOption()
    {
        var model = Model(
            [Node("StringNormalizer", ["X"], ["y"], "", new AttributeProto { Name = "locale", Type = 3, S = ByteString.CopyFromUtf8("xx_XX.UTF-8") }, new AttributeProto { Name = "case_change_action", Type = 3, S = ByteString.CopyFromUtf8("LOWER") })],
            [Value("X", 8, 1, -1)], [Value("y", 8, 1, -1)]);

        Assert.Contains("locale='C'", Refused(model.ToByteArray()), StringComparison.Ordinal);
    }

    [Fact]
    public void NodeNames_AreNotRepeated()
    {
        var node = Node("MatMul", ["X", "w"], ["y"]);
        node.Name = "/home/alice/secret(1)";
        var refused = Refused(Model([node], [Value("X", 1, -1, 2)], [Value("y", 1, -1, 1)], Floats("w", [3, 1], 1, 2, 3)).ToByteArray());

        Assert.DoesNotContain("alice", refused, StringComparison.Ordinal);
        Assert.DoesNotContain(scratch.Folder, refused, StringComparison.Ordinal);
        Assert.Contains("MatMul", refused, StringComparison.Ordinal);
    }

    public void Dispose() => scratch.Dispose();

    private static ModelProto Simple() => Model([Node("Identity", ["X"], ["y"])], [Value("X", 1, -1, 1)], [Value("y", 1, -1, 1)]);

    private string Refused(byte[] file)
    {
        var refused = Assert.Throws<MlOpsException>(() => OnnxModelFile.Open(scratch.Write("model.onnx", file), [], scratch.Empty(), out _).Dispose());
        Assert.Equal(ErrorCode.InvalidModel, refused.Code);
        return refused.Message;
    }
}
