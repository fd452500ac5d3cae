using System.Collections.Immutable;
using Microsoft.ML.OnnxRuntime;
using MlOps.Contributions;
using MlOps.Models.Registration;

namespace MlOps.Models;

/// <summary>A file opened for being understood.</summary>
internal sealed class OnnxModelFile : IModelFile
{
    private readonly InferenceSession session;
    private readonly ImmutableArray<GraphOutput> readable;

    private readonly OnnxModelRuntime runtime = new();
    private readonly string path;

    private OnnxModelFile(InferenceSession session, ModelGraph graph, string path)
    {
        (this.session, this.path) = (session, path);
        // A file need not declare the types of its outputs; the runtime infers them.
        Graph = graph with { Outputs = [.. graph.Outputs.Select(output => output.TypeName.Contains("undefined", StringComparison.Ordinal) ? output with { TypeName = Inferred(output.Name) } : output)] };
        readable = [.. Graph.Outputs.Where(output => session.OutputMetadata[output.Name].OnnxValueType == OnnxValueType.ONNX_TYPE_TENSOR || !output.MapKeys.IsDefault)];
    }

    public ModelGraph Graph { get; }

    /// <summary>Reads a file, checks what can be seen without running it, lays it beside its weights, and loads it: in a process that may be lost.</summary>
    /// <param name="externalData">Part's file name → path.</param>
    /// <param name="folder">An empty folder, where the graph is laid as <c>model.onnx</c> and the weights under their locations.</param>
    /// <param name="locations">Part's file name → location in the graph, where the two differ.</param>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.InvalidModel"/>.</exception>
    public static OnnxModelFile Open(
        string path, ImmutableDictionary<string, string> externalData, string folder, out ImmutableDictionary<string, string> locations)
    {
        var model = OnnxFile.Read(path);
        StaticChecks.Check(model);
        var graph = GraphReader.Read(model);
        var weights = ExternalData.Pair(model, externalData, out locations);
        var laid = Path.Combine(folder, ExternalData.GraphName);
        ExternalData.Lay(path, laid);
        foreach (var (location, part) in weights)
        {
            ExternalData.Lay(part, Path.Combine(folder, location));
        }

        var size = new FileInfo(path).Length + weights.Values.Sum(part => new FileInfo(part).Length);
        try
        {
            return new OnnxModelFile(OnnxEnvironment.Open(laid, ZipMapCut.Bytes(model), folder, size), graph, laid);
        }
        catch (OnnxRuntimeException failure)
        {
            throw LoadFailure.Explain(model, failure);
        }
    }

    public ImmutableArray<Tensor> Run(IReadOnlyList<Tensor> inputs)
    {
        var values = new List<OrtValue>(inputs.Count);
        try
        {
            foreach (var input in inputs)
            {
                values.Add(TensorValues.Write(input));
            }

            using var options = new RunOptions();
            using var results = session.Run(options, [.. inputs.Select(input => input.Name)], values, [.. readable.Select(output => output.Name)]);
            var tensors = readable.Select((output, i) => (output.Name, Read(output, results[i]))).ToDictionary(StringComparer.Ordinal);
            return [.. Graph.Outputs.Select(output => tensors.GetValueOrDefault(output.Name) ?? Unreadable(output.Name))];
        }
        catch (Exception failure) when (MemoryShortage.Is(failure))
        {
            throw CheckDeath.OutOfMemory();
        }
        catch (Exception failure) when (failure is OnnxRuntimeException or NotSupportedException)
        {
            throw new ModelRunException(RuntimeMessage.Of(failure));
        }
        finally
        {
            values.ForEach(value => value.Dispose());
        }
    }

    public ScoreForm Form(ModelSignature signature) => runtime.ReadForm(path, signature);

    public ILoadedModel LoadUpTo(GraphCut cut, ModelSignature signature) => runtime.LoadUpTo(cut, "", path, signature);

    public void Dispose() => session.Dispose();

    private static Tensor Read(GraphOutput output, OrtValue value)
    {
        if (output.MapKeys.IsDefault)
        {
            return TensorValues.Read(output.Name, value);
        }

        if (!value.IsTensor)
        {
            return TensorValues.ReadMaps(output.Name, value, output.MapKeys);
        }

        // The ZipMap was cut off. It takes one row of scores without the batch too, and refuses a width that its keys do not have.
        var scores = TensorValues.Read(output.Name, value);
        var width = output.MapKeys.Length;
        return scores.Shape.Length is 1 or 2 && scores.Shape[^1] == width
            ? scores with { Shape = [scores.Values.Length / width, width] }
            : throw new ModelRunException($"The ZipMap of output '{output.Name}' has {width} keys for scores of shape [{string.Join(", ", scores.Shape)}].");
    }

    // Sequences and maps other than a ZipMap's say nothing that a prediction could be read from.
    private static Tensor Unreadable(string name) => new(name, ElementType.String, [0], Array.Empty<string>());

    private string Inferred(string output) => session.OutputMetadata[output] switch
    {
        { OnnxValueType: OnnxValueType.ONNX_TYPE_TENSOR } tensor => $"tensor({tensor.ElementDataType.ToString().ToLowerInvariant()})",
        { OnnxValueType: OnnxValueType.ONNX_TYPE_SEQUENCE } => "seq(undefined)",
        _ => "undefined",
    };
}
