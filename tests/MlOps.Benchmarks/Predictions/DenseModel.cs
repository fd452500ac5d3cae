using Google.Protobuf;
using MlOps.Format;

namespace MlOps.Benchmarks.Predictions;

/// <summary>A made-up network of 30 features: one square weight applied again and again, so that a run takes as long as wanted and the file stays small.</summary>
internal static class DenseModel
{
    private const int Width = 768;

    /// <param name="layers">Each multiplies a row by a matrix of 768 × 768.</param>
    public static byte[] Write(int layers)
    {
        var random = new Random(21);
        var graph = new GraphProto
        {
            Name = "dense",
            Input = { Value("X", TreeModel.Features) },
            Output = { Value("y", 1) },
            Initializer = { Weights("first", TreeModel.Features, Width, random), Weights("square", Width, Width, random), Weights("last", Width, 1, random) },
            Node = { Node("MatMul", "h0", "X", "first") },
        };
        for (var layer = 0; layer < layers; layer++)
        {
            graph.Node.Add(Node("MatMul", $"m{layer}", $"h{layer}", "square"));
            graph.Node.Add(Node("Tanh", $"h{layer + 1}", $"m{layer}"));
        }

        graph.Node.Add(Node("MatMul", "y", $"h{layers}", "last"));
        return new ModelProto { IrVersion = 8, OpsetImport = { new OperatorSetIdProto { Domain = "", Version = 17 } }, Graph = graph }.ToByteArray();
    }

    private static NodeProto Node(string type, string output, params string[] inputs) => new() { OpType = type, Input = { inputs }, Output = { output } };

    private static TensorProto Weights(string name, int rows, int columns, Random random)
    {
        var tensor = new TensorProto { Name = name, DataType = 1, Dims = { rows, columns } };
        for (var i = 0; i < rows * columns; i++)
        {
            tensor.FloatData.Add((float)((random.NextDouble() - 0.5) * 2 / Math.Sqrt(rows)));
        }

        return tensor;
    }

    private static ValueInfoProto Value(string name, int width) => new()
    {
        Name = name,
        Type = new TypeProto
        {
            TensorType = new TypeProto.Types.Tensor
            {
                ElemType = 1,
                Shape = new TensorShapeProto
                {
                    Dim = { new TensorShapeProto.Types.Dimension { DimParam = "N" }, new TensorShapeProto.Types.Dimension { DimValue = width } },
                },
            },
        },
    };
}
