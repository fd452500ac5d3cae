using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace MlOps.Models.Registration;

/// <summary>One input of a graph, as it is to be fed.</summary>
/// <param name="Index">Position among the graph's inputs.</param>
/// <param name="Width">Columns; null when the file does not say.</param>
internal sealed record FeedInput(int Index, string Name, ElementType Type, int Rank, int? Width, ConstantSpec? Constant)
{
    public bool IsNarrow => Width == 1;
}

/// <summary>The inputs of a graph with what is told by their shapes: which can take rows, which are fixed, and whether rows must come alone.</summary>
/// <param name="SingleRow">The batch dimension is fixed at 1.</param>
internal sealed record GraphInputs(ImmutableArray<FeedInput> All, bool SingleRow)
{
    /// <summary>Inputs that take features.</summary>
    public IEnumerable<FeedInput> Fed => All.Where(input => input.Constant is null);

    /// <exception cref="MlOpsException"><see cref="ErrorCode.InvalidModel"/>, <see cref="ErrorCode.InvalidMetadata"/> or <see cref="ErrorCode.FeaturesAmbiguous"/>.</exception>
    public static GraphInputs Of(ModelGraph graph, ModelMetadata metadata)
    {
        Names(graph, metadata);
        var constants = metadata.Constants.ToDictionary(constant => constant.Input, StringComparer.Ordinal);
        var candidates = graph.Inputs.Where(input => !constants.ContainsKey(input.Name)).ToList();
        if (candidates.Count == 0)
        {
            throw new MlOpsException(ErrorCode.InvalidModel, "The graph has no input that could take a feature: there is nothing to predict from.");
        }

        Refuse(candidates, metadata);
        var free = candidates.Exists(input => Batch(input) is null);
        var faults = new FaultList();
        var constantReader = new ConstantReader(faults, batchIsFree: free);
        var inputs = graph.Inputs.Select((input, index) => constants.TryGetValue(input.Name, out var constant)
            ? constantReader.Read(input, index, constant)
            : Unfixed(input, index)).ToImmutableArray();
        faults.Throw(ErrorCode.InvalidMetadata, "A constant does not fit its input");
        return new GraphInputs(inputs, candidates.Exists(input => Batch(input) == 1));
    }

    /// <summary>The size of the first dimension; null when it is free.</summary>
    internal static long? Batch(GraphInput input) => input.Dims.IsDefaultOrEmpty ? null : Size(input.Dims[0]);

    internal static long? Size(GraphDim dim) => dim.Size > 0 ? dim.Size : null;

    private static FeedInput Unfixed(GraphInput input, int index)
    {
        var rank = input.Dims.IsDefault ? 2 : input.Dims.Length;
        return new FeedInput(index, input.Name, input.Type!.Value, rank, rank == 1 ? 1 : input.Dims.IsDefault ? null : (int?)Size(input.Dims[1]), null);
    }

    private static void Names(ModelGraph graph, ModelMetadata metadata)
    {
        var names = graph.Inputs.Select(input => input.Name).ToList();
        var faults = new FaultList();
        foreach (var (pointer, name) in metadata.Inputs.Select(entry => (entry.Pointer, entry.Input)).Concat(metadata.Constants.Select(entry => (entry.Pointer, entry.Input))))
        {
            if (!names.Contains(name))
            {
                faults.Add(pointer, $"'{name}' is no input of the graph: {NearestName.Propose(name, names)}");
            }
        }

        faults.Throw(ErrorCode.InvalidMetadata, "The metadata names an input that the file does not have");
    }

    private static void Refuse(List<GraphInput> candidates, ModelMetadata metadata)
    {
        if (candidates.Find(input => input.Type is null) is { } strange)
        {
            var type = InputRefusals.Of(strange)!;
            throw new MlOpsException(ErrorCode.InvalidModel, type, [new Fault("/file", type)]);
        }

        var listed = metadata.Inputs.Select(entry => entry.Input).ToHashSet(StringComparer.Ordinal);
        var free = candidates.Exists(input => input.Dims.IsDefault || (input.Dims.Length is 1 or 2 && Batch(input) is null));
        var leaked = candidates.Where(input => !input.Dims.IsDefault && (input.Dims.Length == 0 || (free && Batch(input) is not null && !listed.Contains(input.Name)))).ToList();
        if (leaked.Count > 0)
        {
            throw Leaked(leaked, metadata);
        }

        foreach (var input in candidates)
        {
            if (InputRefusals.Of(input) is { } detail)
            {
                throw new MlOpsException(ErrorCode.InvalidModel, detail, [new Fault("/file", detail)]);
            }
        }

        if (candidates.Find(input => Batch(input) > 1) is { } wrong)
        {
            var detail = $"The batch dimension of input '{wrong.Name}' is fixed at {Batch(wrong)}: a row could not come alone. Export it with a free batch: torch.onnx.export(…, dynamic_shapes={{\"{wrong.Name}\": {{0: \"batch\"}}}}), "
                + $"skl2onnx or onnxmltools initial_types=[(\"{wrong.Name}\", FloatTensorType([None, k]))].";
            throw new MlOpsException(ErrorCode.InvalidModel, detail, [new Fault("/file", detail)]);
        }
    }

    private static MlOpsException Leaked(List<GraphInput> inputs, ModelMetadata metadata)
    {
        var constants = Proposal.Constants(metadata);
        var ways = Proposal.Inputs(metadata);
        foreach (var input in inputs)
        {
            constants[input.Name] = Marked([.. input.Dims.Select(dim => (int)(Size(dim) ?? 1))]);
            ways[input.Name] = Proposal.List(Enumerable.Range(0, input.Dims.Length < 2 ? 1 : (int)Math.Min(Size(input.Dims[1]) ?? 1, 1000)).Select(index => $"<feature {index} of {input.Name}>"));
        }

        var names = string.Join(", ", inputs.Select(input => $"'{input.Name}'"));
        var detail = $"{names} {(inputs.Count == 1 ? "is an input" : "are inputs")} of fixed size beside inputs that take any number of rows: neither feature nor constant. "
            + $"If {(inputs.Count == 1 ? "it is a value" : "they are values")} that the exporter left out of the file (Keras does so with a Normalization layer's mean and variance), say what: {Proposal.Line("constants", constants)}. "
            + $"If {(inputs.Count == 1 ? "it takes" : "they take")} features of the row: {Proposal.Line("inputs", ways)}{Batched(inputs)}.";
        return new MlOpsException(
            ErrorCode.FeaturesAmbiguous, detail, [.. inputs.Select(input => new Fault("/metadata/constants", $"'{input.Name}' is neither feature nor constant."))]);
    }

    private static string Batched(List<GraphInput> inputs) =>
        inputs.Exists(input => Batch(input) > 1) ? ", and export it with a free batch (torch: dynamic_shapes; skl2onnx, onnxmltools: [None, k])" : "";

    private static JsonNode Marked(ReadOnlySpan<int> shape)
    {
        if (shape.IsEmpty)
        {
            return JsonValue.Create("<number>");
        }

        var array = new JsonArray();
        for (var index = 0; index < Math.Min(shape[0], 100); index++)
        {
            array.Add(Marked(shape[1..]));
        }

        return array;
    }
}
