using MlOps.Models;
using Xunit;

namespace MlOps.Tests.Models;

/// <summary>What ONNX Runtime says, without what must not leave the process.</summary>
public sealed class RuntimeMessageTests
{
    [Theory]
    [InlineData(
        "[ErrorCode:Fail] Load model from /tmp/a b/model.onnx failed:Fatal error: LookupTableFindV2 is not a registered function/op",
        "Fatal error: LookupTableFindV2 is not a registered function/op")]
    [InlineData(
        "[ErrorCode:InvalidArgument] Non-zero status code returned while running Gather node. Name:'/home/alice/train.py (3) 'x'' Status Message: indices element out of data bounds, idx=9 must be within the inclusive range [-5,4]",
        "Non-zero status code returned while running Gather node. Status Message: indices element out of data bounds, idx=9 must be within the inclusive range [-5,4]")]
    [InlineData(
        "[ErrorCode:RuntimeException] Exception during initialization: /onnxruntime_src/onnxruntime/core/providers/cpu/nn/string_normalizer.cc:89 onnxruntime::Locale::Locale(const std::string&) Failed to construct locale with name:en_US.UTF-8",
        "Failed to construct locale with name:en_US.UTF-8")]
    [InlineData(
        "[ErrorCode:InvalidGraph] This is an invalid model. In Node, (\"torch stack /home/alice/x.py\", MatMul, \"\", -1) : (\"X\": tensor(float),) -> (\"y\": tensor(float),) , Error Incompatible dimensions",
        "This is an invalid model. In node (MatMul, \"\", -1) : (\"X\": tensor(float),) -> (\"y\": tensor(float),) , Error Incompatible dimensions")]
    [InlineData("Type Error: Type (tensor(double)) of output arg (y) of node (a(b)c) does not match expected type (tensor(float)).",
        "Type Error: Type (tensor(double)) of output arg (y) of node does not match expected type (tensor(float)).")]
    [InlineData("open file C:\\Users\\alice\\m.onnx failed", "open file … failed")]
    [InlineData("", "no reason given")]
    public void Message_KeepsTheReasonAlone(string said, string told) => Assert.Equal(told, RuntimeMessage.Of(new InvalidOperationException(said)));
}
