using MlOps.Models;
using Xunit;
using static MlOps.Tests.Models.Graphs;

namespace MlOps.Tests.Models;

/// <summary>Models that need more memory than any machine has: they fail with words, in this process, and others go on.</summary>
public sealed class MemoryShortageTests
{
    private const long Huge = 2_000_000_000_000;

    private static readonly ModelSignature Signature = Serving.Signature(Serving.Value("y"), false, Serving.Input("X", ElementType.Float, 1));

    // The graph is a constant: it is computed when the file is loaded, or else when it is run for the first time.
    [Fact]
    public void Load_OfAModelThatNeedsMoreThanThereIs_FailsWithWords()
    {
        var model = Model(
            [Node("ConstantOfShape", ["size"], ["huge"]), Node("ReduceSum", ["huge"], ["s"], "", Int("keepdims", 0)), Node("Add", ["X", "s"], ["y"])],
            [Value("X", 1, -1, 1)], [Value("y", 1, -1, 1)], Integers("size", Huge));

        AssertWords(() =>
        {
            using var serving = new Serving(model, Signature);
            serving.Scores([1]);
        });
    }

    // The value of X is the size of what the graph makes of it.
    [Fact]
    public void Run_ThatNeedsMoreThanThereIs_FailsWithWords_AndTheNextOneAnswers()
    {
        var model = Model(
            [
                Node("Cast", ["X"], ["asked"], "", Int("to", 7)), Node("Reshape", ["asked", "flat"], ["size"]), Node("ConstantOfShape", ["size"], ["zeros"]),
                Node("ReduceSum", ["zeros"], ["s"], "", Int("keepdims", 0)), Node("Add", ["X", "s"], ["y"]),
            ],
            [Value("X", 1, -1, 1)], [Value("y", 1, -1, 1)], Integers("flat", -1));
        using var serving = new Serving(model, Signature);

        AssertWords(() => serving.Scores([(double)Huge]));

        Assert.Equal([3.0], serving.Scores([3]));
    }

    private static void AssertWords(Action ask)
    {
        var failure = Assert.Throws<MlOpsException>(ask);
        Assert.Equal(ErrorCode.ModelError, failure.Code);
        Assert.Contains("not enough memory", failure.Message, StringComparison.Ordinal);
    }
}
