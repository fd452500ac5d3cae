using static MlOps.Tests.Models.OnnxBytes;

namespace MlOps.Tests.Models;

/// <summary>Valid graphs that kill, hang or steal.</summary>
internal static class HostileGraphs
{
    private const int FloatType = 1;
    private const int Int64Type = 7;
    private const int BoolType = 9;

    /// <summary>A regressor of one tree that is a chain: loading it overflows the stack.</summary>
    public static byte[] DeepTree(int depth)
    {
        var all = Enumerable.Range(0, 2 * depth + 1).ToList();
        var isBranch = all.Select(node => node % 2 == 0 && node < 2 * depth).ToList();
        var leaves = all.Where(node => !isBranch[node]).ToList();
        return Model(Graph(
            [Node(
                "TreeEnsembleRegressor", ["X"], ["y"], "ai.onnx.ml",
                Ints("nodes_treeids", all.Select(_ => 0)),
                Ints("nodes_nodeids", all),
                Ints("nodes_featureids", all.Select(_ => 0)),
                Strings("nodes_modes", all.Select(node => isBranch[node] ? "BRANCH_LEQ" : "LEAF")),
                Floats("nodes_values", all.Select(node => isBranch[node] ? node : 0f)),
                Ints("nodes_truenodeids", all.Select(node => isBranch[node] ? node + 1 : 0)),
                Ints("nodes_falsenodeids", all.Select(node => isBranch[node] ? node + 2 : 0)),
                Ints("target_treeids", leaves.Select(_ => 0)),
                Ints("target_nodeids", leaves),
                Ints("target_ids", leaves.Select(_ => 0)),
                Floats("target_weights", leaves.Select(leaf => (float)leaf)),
                new OnnxBytes().Text(1, "n_targets").Number(20, 2).Number(3, 1))],
            [Value("X", FloatType, -1, 1)],
            [Value("y", FloatType, -1, 1)]));
    }

    /// <summary>A Loop without a trip count or condition.</summary>
    public static byte[] EndlessLoop()
    {
        var body = Graph(
            [Node("Identity", ["going"], ["goes_on"], ""), Node("Identity", ["v"], ["next"], "")],
            [Value("i", Int64Type), Value("going", BoolType), Value("v", FloatType, -1, 1)],
            [Value("goes_on", BoolType), Value("next", FloatType, -1, 1)]);
        return Model(Graph(
            [Node("Loop", ["", "", "X"], ["y"], "", new OnnxBytes().Text(1, "body").Number(20, 5).Message(6, body))],
            [Value("X", FloatType, -1, 1)],
            [Value("y", FloatType, -1, 1)]));
    }

    /// <summary>No number for a negative one, minus infinity for zero.</summary>
    public static byte[] Logarithm() => Model(Graph(
        [Node("Log", ["X"], ["y"], "")],
        [Value("X", FloatType, -1, 1)],
        [Value("y", FloatType, -1, 1)]));

    /// <summary>A Gemm-like graph whose weight lies at a path of the machine.</summary>
    public static byte[] ExternalData(string location)
    {
        var weight = new OnnxBytes().Number(1, 1).Number(1, 1).Number(2, FloatType).Text(8, "w")
            .Message(13, new OnnxBytes().Text(1, "location").Text(2, location)).Number(14, 1);
        return Model(Graph(
            [Node("MatMul", ["X", "w"], ["y"], "")],
            [Value("X", FloatType, -1, 1)],
            [Value("y", FloatType, -1, 1)]).Message(5, weight));
    }

    private static OnnxBytes Graph(OnnxBytes[] nodes, OnnxBytes[] inputs, OnnxBytes[] outputs) =>
        new OnnxBytes().Messages(1, nodes).Text(2, "g").Messages(11, inputs).Messages(12, outputs);
}
