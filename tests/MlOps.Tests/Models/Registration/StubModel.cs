using System.Collections.Immutable;
using MlOps.Contributions;
using MlOps.Models;
using MlOps.Models.Registration;

namespace MlOps.Tests.Models.Registration;

/// <summary>A model file whose graph is a function of a row: inputs and outputs of any shape, without a runtime.</summary>
internal sealed class StubModel : IModelFile
{
    private readonly List<GraphInput> inputs = [];
    private readonly List<(GraphOutput Graph, ElementType Type, int Width, Func<StubRow, object[]> Answer)> outputs = [];
    private readonly Dictionary<string, int> trees = [];
    private Func<StubRow, string?> refuses = _ => null;
    private int? singleOnly;

    public ModelGraph Graph => new([.. inputs], [.. outputs.Select(output => output.Graph)], trees.ToImmutableDictionary());

    /// <summary>Rows of the largest run.</summary>
    public int LargestRun { get; private set; }

    /// <param name="width">null for a width that the file does not say; 0 for rank 1.</param>
    /// <param name="batch">null for a free batch.</param>
    public StubModel Input(string name, ElementType type = ElementType.Float, int? width = 1, long? batch = null, int trees = 0)
    {
        ImmutableArray<GraphDim> dims = width == 0 ? [new GraphDim(batch, null)] : [new GraphDim(batch, null), new GraphDim(width, null)];
        inputs.Add(new GraphInput(name, $"tensor({type})", type, dims));
        if (trees > 0)
        {
            this.trees[name] = trees;
        }

        return this;
    }

    public StubModel Input(GraphInput input)
    {
        inputs.Add(input);
        return this;
    }

    /// <summary>Floats for each row.</summary>
    public StubModel Scores(string name, Func<StubRow, double[]> answer, bool fromNode = false, Scalar[]? keys = null) =>
        Output(name, ElementType.Float, row => [.. answer(row).Select(value => (object)(float)value)], fromNode, null, keys);

    public StubModel Value(string name, Func<StubRow, double> answer, bool fromNode = false) => Scores(name, row => [answer(row)], fromNode);

    public StubModel Label(string name, Func<StubRow, long> answer, params long[] list) =>
        Output(name, ElementType.Int64, row => [answer(row)], false, list.Length == 0 ? null : [.. list.Select(Scalar.Of)], null);

    public StubModel Label(string name, Func<StubRow, string> answer, params string[] list) =>
        Output(name, ElementType.String, row => [answer(row)], false, list.Length == 0 ? null : [.. list.Select(Scalar.Of)], null);

    public StubModel Label(string name, Func<StubRow, bool> answer) => Output(name, ElementType.Bool, row => [answer(row)], false, null, null);

    public StubModel Output(string name, ElementType type, Func<StubRow, object[]> answer, bool fromNode = false, Scalar[]? labels = null, Scalar[]? keys = null)
    {
        var graph = new GraphOutput(name, "", fromNode, labels is null ? default : [.. labels], keys is null ? default : [.. keys], false);
        outputs.Add((graph, type, 0, answer));
        return this;
    }

    /// <summary>An output that no row changes.</summary>
    public StubModel Constant(string name)
    {
        outputs.Add((new GraphOutput(name, "", false, default, default, true), ElementType.Int64, 2, _ => [0L, 1L]));
        return this;
    }

    public StubModel RefusesRows(Func<StubRow, string?> reason)
    {
        refuses = reason;
        return this;
    }

    public StubModel RefusesMoreRowsThan(int rows)
    {
        singleOnly = rows;
        return this;
    }

    public ImmutableArray<Tensor> Run(IReadOnlyList<Tensor> tensors)
    {
        Assert(tensors);
        var free = tensors.Zip(inputs).Where(pair => pair.Second.Dims[0].Size is null).Select(pair => pair.First).ToList();
        var count = (int)(free.Count > 0 ? free[0].Shape[0] : 1);
        LargestRun = Math.Max(LargestRun, count);
        if (count > singleOnly)
        {
            throw new ModelRunException("cannot reshape");
        }

        var rows = Enumerable.Range(0, count).Select(row => new StubRow(tensors, row, count)).ToList();
        if (rows.Select(refuses).FirstOrDefault(reason => reason is not null) is { } refused)
        {
            throw new ModelRunException(refused);
        }

        return [.. outputs.Select(output => Answer(output, rows))];
    }

    /// <summary>Nothing but its answers is known of it.</summary>
    public ScoreForm Form(ModelSignature signature) => new(new GraphScores(null), false, "is a function");

    public ILoadedModel LoadUpTo(GraphCut cut, ModelSignature signature) => throw new NotSupportedException("It has no values within.");

    public void Dispose()
    {
    }

    private void Assert(IReadOnlyList<Tensor> tensors)
    {
        for (var index = 0; index < inputs.Count; index++)
        {
            var (tensor, dims) = (tensors[index], inputs[index].Dims);
            var fits = tensor.Name == inputs[index].Name && tensor.Type == inputs[index].Type && tensor.Shape.Length == dims.Length
                && tensor.Shape.Zip(dims).All(pair => pair.Second.Size is null || pair.Second.Size == pair.First)
                && tensor.Values.Length == tensor.Shape.Aggregate(1L, (product, size) => product * size);
            if (!fits)
            {
                throw new InvalidOperationException($"{tensor.Name} {tensor.Type} [{string.Join(',', tensor.Shape)}] of {tensor.Values.Length} does not fit {inputs[index]}");
            }
        }
    }

    private static Tensor Answer((GraphOutput Graph, ElementType Type, int Width, Func<StubRow, object[]> Answer) output, List<StubRow> rows)
    {
        var answers = output.Graph.IsConstant ? [output.Answer(rows[0])] : rows.Select(output.Answer).ToList();
        var width = answers[0].Length;
        var all = answers.SelectMany(answer => answer).ToList();
        Array values = output.Type switch
        {
            ElementType.Float => all.Cast<float>().ToArray(),
            ElementType.Int64 => all.Cast<long>().ToArray(),
            ElementType.Bool => all.Cast<bool>().ToArray(),
            _ => all.Cast<string>().ToArray(),
        };
        ImmutableArray<long> shape = output.Graph.IsConstant ? [width] : width == 1 ? [rows.Count] : [rows.Count, width];
        return new Tensor(output.Graph.Name, output.Type, shape, values);
    }
}

/// <summary>One row of a run, as the graph got it.</summary>
internal sealed class StubRow(IReadOnlyList<Tensor> tensors, int row, int rows)
{
    /// <summary>Rows of the run.</summary>
    public int Rows => rows;

    /// <summary>The columns of an input, one after the other.</summary>
    public double this[int column] => Convert.ToDouble(Flat(column) is Half half ? (double)half : Flat(column), System.Globalization.CultureInfo.InvariantCulture);

    public string Text(int column) => (string)Flat(column);

    // Numbers the columns of all inputs through; a fixed tensor is the same for every row.
    private object Flat(int column)
    {
        foreach (var tensor in tensors)
        {
            var perRow = tensor.Shape[0] == rows && tensor.Values.Length % rows == 0;
            var width = perRow ? tensor.Values.Length / rows : tensor.Values.Length;
            if (column < width)
            {
                return tensor.Values.GetValue(perRow ? (row * width) + column : column)!;
            }

            column -= width;
        }

        throw new ArgumentOutOfRangeException(nameof(column));
    }
}
