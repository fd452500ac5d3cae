using MlOps.Format;
using MlOps.Models;
using Xunit;
using static MlOps.Tests.Models.Graphs;

namespace MlOps.Tests.Models;

/// <summary>Runs of models in memory.</summary>
public sealed class LoadedModelTests
{
    // 2 x0 + 3 x1
    private static readonly ModelProto Linear = Model([Node("MatMul", ["X", "w"], ["y"])], [Value("X", 1, -1, 2)], [Value("y", 1, 7)], Floats("w", [2, 1], 2, 3));

    private static readonly ModelSignature LinearSignature = Serving.Signature(Serving.Value("y"), false, Serving.Input("X", ElementType.Float, 2));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(100)]
    [InlineData(5000)]
    public void Run_Repeated_AnswersEachBatchItsOwnRows(int rows)
    {
        using var model = new Serving(Linear, LinearSignature);

        for (var run = 0; run < 5; run++)
        {
            var scores = model.Scores([.. Enumerable.Range(0, rows).Select(row => new object[] { row, run })]);

            Assert.Equal(Enumerable.Range(0, rows).Select(row => (2.0 * row) + (3 * run)), scores);
        }
    }

    [Fact]
    public void Run_PartsOfABatchInParallel_FillsEveryRow()
    {
        using var model = new Serving(Linear, LinearSignature);
        var batch = model.Batch([.. Enumerable.Range(0, 1000).Select(row => new object[] { row, 1 })]);

        Parallel.For(0, 41, part => model.Loaded.Run(batch, part * 25, part == 40 ? 0 : 25, CancellationToken.None));

        Assert.Equal(Enumerable.Range(0, 1000).Select(row => (2.0 * row) + 3), batch.Outputs.Scores[..1000]);
    }

    [Fact]
    public void Run_OfManyRequestsAtOnce_MixesNothingUp()
    {
        using var model = new Serving(Linear, LinearSignature);

        Parallel.For(0, 2000, request =>
        {
            var rows = 1 + (request % 4);
            Assert.Equal(Enumerable.Range(0, rows).Select(row => (2.0 * request) + (3 * row)), model.Scores([.. Enumerable.Range(0, rows).Select(row => new object[] { request, row })]));
        });
    }

    [Fact]
    public void Run_OfOneRowAgainAndAgain_AllocatesNothing()
    {
        using var model = new Serving(Linear, LinearSignature);
        var batch = model.Batch([1, 2]);
        for (var warm = 0; warm < 50; warm++)
        {
            model.Loaded.Run(batch, 0, 1, CancellationToken.None);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var run = 0; run < 100; run++)
        {
            model.Loaded.Run(batch, 0, 1, CancellationToken.None);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void RowByRow_FeedsEachRowAlone()
    {
        // The share of the row in the batch: 1 for each row alone.
        var model = Model([Node("ReduceSum", ["X"], ["s"], "", Int("keepdims", 1)), Node("Div", ["X", "s"], ["y"])], [Value("X", 1, -1, 1)], [Value("y", 1, -1, 1)]);
        using var together = new Serving(model, Serving.Signature(Serving.Value("y"), false, Serving.Input("X", ElementType.Float, 1)));
        using var alone = new Serving(model, Serving.Signature(Serving.Value("y"), true, Serving.Input("X", ElementType.Float, 1)));

        Assert.Equal([0.25, 0.75], together.Scores([1], [3]));
        Assert.Equal([1, 1], alone.Scores([1], [3]));
    }

    [Fact]
    public void Constants_AreFedWholeOrForEachRow()
    {
        var model = Model(
            [Node("Mul", ["X", "scale"], ["a"]), Node("Add", ["a", "shift"], ["y"])],
            [Value("X", 1, -1, 2), Value("scale", 1, 2), Value("shift", 1, -1, 2)],
            [Value("y", 1, -1, 2)]);
        var signature = Serving.Signature(
            Serving.Value("y", 2),
            false,
            Serving.Input("X", ElementType.Float, 2),
            Serving.Input("scale", ElementType.Float, 2, new ConstantSpec(false, [2], [Scalar.Of(10.0), Scalar.Of(100.0)]), rank: 1),
            Serving.Input("shift", ElementType.Float, 2, new ConstantSpec(true, [1, 2], [Scalar.Of(1.0), Scalar.Of(2.0)])));
        using var serving = new Serving(model, signature);

        Assert.Equal([11, 102], serving.Scores([1, 1]));
        Assert.Equal([11, 102, 21, 302, 31, 502], serving.Scores([1, 1], [2, 3], [3, 5]));
        Assert.Equal([71, 902], serving.Scores([7, 9]));
    }

    [Theory]
    [InlineData(ElementType.Double, 11)]
    [InlineData(ElementType.Float16, 10)]
    [InlineData(ElementType.Int32, 6)]
    [InlineData(ElementType.Int64, 7)]
    public void Numbers_OfEveryType_AreFedAndWidened(ElementType type, int native)
    {
        var model = Model([Node("Add", ["X", "X"], ["y"])], [Value("X", native, -1, 1)], [Value("y", native, -1, 1)]);
        using var serving = new Serving(model, Serving.Signature(Serving.Value("y"), false, Serving.Input("X", type, 1)));

        for (var run = 1; run < 4; run++)
        {
            Assert.Equal([2.0 * run, -6], serving.Scores([run], [-3]));
        }
    }

    [Fact]
    public void Texts_OfEarlierRows_AreWrittenOver()
    {
        var model = Model([Node("Identity", ["T"], ["y"])], [Value("T", 8, -1, 1)], [Value("y", 8, -1, 1)]);
        using var serving = new Serving(model, Serving.Signature(Serving.Labelled("y", null, ["red", "green"]), false, Serving.Input("T", ElementType.String, 1)));

        foreach (var text in new[] { "red", "größer", "", "red" })
        {
            var batch = serving.Batch([text], ["green"]);
            serving.Loaded.Run(batch, 0, 2, CancellationToken.None);

            Assert.Equal([text, "green"], batch.Outputs.TextLabels[..2]);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ZipMap_GivesTheScoresOfItsKeys_CutOffOrNot(bool stays)
    {
        // With its map read by a second node the ZipMap must stay.
        NodeProto[] more = stays ? [Node("Identity", ["map"], ["copy"])] : [];
        var sequence = new TypeProto { SequenceType = new TypeProto.Types.Sequence { ElemType = new TypeProto { MapType = new TypeProto.Types.Map { KeyType = 8, ValueType = Value("", 1).Type } } } };
        var model = Model(
            [Classifier(), Node("ZipMap", ["scores"], ["map"], Ml, Texts("classlabels_strings", "no", "yes")), .. more],
            [Value("X", 1, -1, 2)],
            [Value("label", 8, -1), new ValueInfoProto { Name = stays ? "copy" : "map", Type = sequence }]);
        var output = Serving.Labelled("label", stays ? "copy" : "map", ["yes", "no"], ["yes", "no"]);
        using var serving = new Serving(model, Serving.Signature(output, false, Serving.Input("X", ElementType.Float, 2)));

        for (var run = 0; run < 3; run++)
        {
            var batch = serving.Batch([2, 0], [-1, 0]);
            serving.Loaded.Run(batch, 0, 2, CancellationToken.None);

            Assert.Equal(["yes", "no"], batch.Outputs.TextLabels[..2]);
            Assert.Equal([Sigma(2), Sigma(-2), Sigma(-1), Sigma(1)], batch.Outputs.Scores[..4], (a, b) => Math.Abs(a - b) < 1e-6);
        }
    }

    [Fact]
    public void SeveralScoreOutputs_BecomeColumns()
    {
        var model = Model([Node("Neg", ["X"], ["a"]), Node("Add", ["X", "X"], ["b"])], [Value("X", 1, -1, 1)], [Value("a", 1, -1, 1), Value("b", 1, -1, 1)]);
        var output = new OutputSpec(ModelTask.Classification, null, [], ["b", "a"], [], 2, false, ScoreKind.Logit, ["p", "q"], null, []);
        using var serving = new Serving(model, Serving.Signature(output, false, Serving.Input("X", ElementType.Float, 1)));

        Assert.Equal([2, -1, 10, -5], serving.Scores([1], [5]));
    }

    [Fact]
    public void Output_WhoseShapeDependsOnValues_IsRefusedWhereItDoesNotFit_AndServedWhereItDoes()
    {
        // As many answers as rows that are not zero.
        var model = Model([Node("Squeeze", ["X", "one"], ["x"]), Node("Cast", ["x"], ["keep"], "", Int("to", 9)), Node("Compress", ["x", "keep"], ["y"], "", Int("axis", 0))],
            [Value("X", 1, -1, 1)], [Value("y", 1, -1)], Integers("one", 1));
        using var serving = new Serving(model, Serving.Signature(Serving.Value("y"), false, Serving.Input("X", ElementType.Float, 1)));

        Assert.Equal([1, 2], serving.Scores([1], [2]));
        Assert.Equal(ErrorCode.ModelError, Assert.Throws<MlOpsException>(() => serving.Scores([1], [0])).Code);
        Assert.Equal([3, 4], serving.Scores([3], [4]));
    }

    [Fact]
    public void Output_OfAnotherRankThanBefore_IsStillRead()
    {
        // [N] when the first value is positive, else [N, 1]: declared so, and seen so only by running.
        GraphProto Branch(string name, string type) => new() { Name = name, Node = { type == "Squeeze" ? Node(type, ["X", "one"], [name]) : Node(type, ["X"], [name]) }, Output = { new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = 1 } } } } };
        var model = Model(
            [
                Node("ReduceMax", ["X"], ["m"], "", Int("keepdims", 0)), Node("Cast", ["m"], ["c"], "", Int("to", 9)),
                Node("If", ["c"], ["y"], "", Body("then_branch", Branch("flat", "Squeeze")), Body("else_branch", Branch("wide", "Identity"))),
            ],
            [Value("X", 1, -1, 1)], [new ValueInfoProto { Name = "y", Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = 1 } } }], Integers("one", 1));
        using var serving = new Serving(model, Serving.Signature(Serving.Value("y"), false, Serving.Input("X", ElementType.Float, 1)));

        Assert.Equal([1, 2], serving.Scores([1], [2]));
        Assert.Equal([1, 2], serving.Scores([1], [2]));
        Assert.Equal([0, -1], serving.Scores([0], [-1]));
        Assert.Equal([5, 2], serving.Scores([5], [2]));
    }

    [Fact]
    public void Failure_SaysWhatAndHidesTheNodesName()
    {
        var gather = Node("Gather", ["table", "X"], ["y"]);
        gather.Name = "File \"/home/alice/train.py\", line 3";
        using var serving = new Serving(
            Model([gather], [Value("X", 7, -1)], [Value("y", 1, -1)], Floats("table", [2], 5, 6)),
            Serving.Signature(Serving.Value("y"), false, Serving.Input("X", ElementType.Int64, 1, rank: 1)));

        var failure = Assert.Throws<MlOpsException>(() => serving.Scores([7]));

        Assert.Equal(ErrorCode.ModelError, failure.Code);
        Assert.Contains("idx=7", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("alice", failure.Message, StringComparison.Ordinal);
        Assert.Equal([6], serving.Scores([1]));
    }

    [Fact]
    public void Token_EndsARunThatNeverEnds()
    {
        using var serving = new Serving(EndlessLoop(), Serving.Signature(Serving.Value("y"), false, Serving.Input("X", ElementType.Float, 1)));
        var batch = serving.Batch([1]);
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));

        Assert.ThrowsAny<OperationCanceledException>(() => serving.Loaded.Run(batch, 0, 1, deadline.Token));
    }

    [Fact]
    public void Sessions_AreSharedByDigest_UntilTheLastModelIsDisposed()
    {
        using var scratch = new Scratch();
        var runtime = new OnnxModelRuntime();
        var other = Linear.Clone();
        other.Graph.Initializer[0].FloatData[0] = 50;
        var (first, second) = (scratch.Write(Linear), scratch.Write(other));
        var one = runtime.Load("d", first, LinearSignature);
        var two = runtime.Load("d", second, LinearSignature);
        var three = runtime.Load("e", second, LinearSignature);

        one.Dispose();
        one.Dispose();
        Assert.Equal([2, 2, 50], new[] { two, runtime.Load("d", second, LinearSignature), three }.Select(Answer));
        two.Dispose();
        Assert.Equal(2, Answer(runtime.Load("d", second, LinearSignature)));
    }

    [Fact]
    public void Sessions_AreOpenedAnew_AfterTheLastModelIsDisposed()
    {
        using var scratch = new Scratch();
        var runtime = new OnnxModelRuntime();
        var other = Linear.Clone();
        other.Graph.Initializer[0].FloatData[0] = 50;
        runtime.Load("d", scratch.Write(Linear), LinearSignature).Dispose();

        using var again = runtime.Load("d", scratch.Write(other), LinearSignature);

        Assert.Equal(50, Answer(again));
    }

    [Fact]
    public void Load_OfABrokenFile_IsAModelError_AndCanBeTriedAgain()
    {
        using var scratch = new Scratch();
        var runtime = new OnnxModelRuntime();

        var failure = Assert.Throws<MlOpsException>(() => runtime.Load("d", scratch.Write("model.onnx", [1, 2, 3]), LinearSignature));

        Assert.Equal(ErrorCode.ModelError, failure.Code);
        Assert.DoesNotContain(scratch.Folder, failure.Message, StringComparison.Ordinal);
        using var model = runtime.Load("d", scratch.Write(Linear), LinearSignature);
        Assert.Equal(2, Answer(model));
    }

    private static double Answer(ILoadedModel model)
    {
        var batch = new MlOps.Predictions.PredictionPlan(LinearSignature, null).Rent();
        batch.Resize(1);
        batch.Set(0, 0, Scalar.Of(1.0));
        batch.Set(0, 1, Scalar.Of(0.0));
        model.Run(batch, 0, 1, CancellationToken.None);
        return batch.Outputs.Scores[0];
    }

    private static double Sigma(double x) => 1 / (1 + Math.Exp(-x));
}
