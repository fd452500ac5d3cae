using System.Collections.Immutable;
using Microsoft.ML.OnnxRuntime;
using MlOps.Models.Registration;

namespace MlOps.Models;

/// <summary>A file opened for being understood, by ONNX Runtime itself.</summary>
internal sealed class OnnxModelFile : IModelFile
{
    private readonly InferenceSession session;
    private readonly string[] outputs;

    private OnnxModelFile(ModelGraph graph, InferenceSession session)
    {
        (Graph, this.session) = (graph, session);
        outputs = [.. graph.Outputs.Select(output => output.Name)];
    }

    public ModelGraph Graph { get; }

    /// <param name="folder">An empty folder, in which graph and external data are laid together.</param>
    /// <param name="locations">Location in the graph → path of the uploaded part.</param>
    public static OnnxModelFile Open(string path, ImmutableDictionary<string, string> externalData, string folder, out ImmutableDictionary<string, string> locations)
    {
        var model = OnnxFormat.Read(path);
        GraphChecks.Check(model);
        locations = ExternalData.Pair(model, externalData);
        var laid = Path.Combine(folder, "model.onnx");
        File.Copy(path, laid, overwrite: true);
        foreach (var (location, part) in locations)
        {
            File.Copy(part, Path.Combine(folder, location), overwrite: true);
        }

        try
        {
            return new OnnxModelFile(GraphReader.Read(model), OnnxRuntimeSession.Open(laid));
        }
        catch (OnnxRuntimeException refused)
        {
            throw GraphChecks.LoadFailed(model, OnnxRuntimeSession.Clean(refused.Message));
        }
    }

    public ImmutableArray<Tensor> Run(IReadOnlyList<Tensor> inputs)
    {
        var values = new List<OrtValue>(inputs.Count);
        try
        {
            values.AddRange(inputs.Select(OrtTensors.Of));
            using var options = new RunOptions();
            using var answers = session.Run(options, [.. inputs.Select(input => input.Name)], values, outputs);
            return [.. answers.Select((answer, index) => OrtTensors.Read(answer, Graph.Outputs[index]))];
        }
        catch (OnnxRuntimeException refused)
        {
            throw new ModelRunException(OnnxRuntimeSession.Clean(refused.Message));
        }
        finally
        {
            values.ForEach(value => value.Dispose());
        }
    }

    public void Dispose() => session.Dispose();
}
