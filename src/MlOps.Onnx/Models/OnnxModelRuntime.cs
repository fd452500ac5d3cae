using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using MlOps.Format;

namespace MlOps.Models;

/// <summary>Loads files for serving. Models with the same digest share one session, which lives as long as one of them does.</summary>
internal sealed class OnnxModelRuntime : IModelRuntime
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, SharedSession> sessions = new(StringComparer.Ordinal);

    public ILoadedModel Load(string digest, string graphPath, ModelSignature signature)
    {
        lock (gate)
        {
            if (sessions.TryGetValue(digest, out var loaded) && loaded.Share())
            {
                return new OnnxLoadedModel(loaded, signature);
            }
        }

        // Outside of the lock: a slow load must not hold up the others. Two that race both load; the later one is shared from then on.
        var session = new SharedSession(Open(graphPath), this, digest);
        lock (gate)
        {
            sessions[digest] = session;
        }

        return new OnnxLoadedModel(session, signature);
    }

    internal void Forget(string digest, SharedSession session)
    {
        lock (gate)
        {
            if (sessions.GetValueOrDefault(digest) == session)
            {
                sessions.Remove(digest);
            }
        }
    }

    private static InferenceSession Open(string path)
    {
        try
        {
            var model = OnnxFormat.Read(path);
            return ZipMaps.CutOff(model) ? OnnxRuntimeSession.Open(model.ToByteArray(), Path.GetDirectoryName(path)!) : OnnxRuntimeSession.Open(path);
        }
        catch (OnnxRuntimeException refused)
        {
            throw new MlOpsException(ErrorCode.ModelError, $"The model could not be loaded: {OnnxRuntimeSession.Clean(refused.Message)}", default, refused);
        }
    }
}

/// <summary>Takes the ZipMaps off the end of a graph: the tensor before one holds the same numbers in the same order, and is read many times faster.</summary>
internal static class ZipMaps
{
    /// <summary>Whether there was one. The outputs keep their names.</summary>
    public static bool CutOff(ModelProto model)
    {
        var outputs = model.Graph.Output.ToDictionary(output => output.Name, StringComparer.Ordinal);
        var maps = model.Graph.Node.Where(node => node.OpType == "ZipMap" && node.Output.Count == 1 && outputs.ContainsKey(node.Output[0])).ToList();
        foreach (var map in maps)
        {
            model.Graph.Node.Remove(map);
            model.Graph.Node.Add(new NodeProto { OpType = "Identity", Input = { map.Input[0] }, Output = { map.Output[0] } });
            outputs[map.Output[0]].Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = TensorTypes.Float } };
        }

        return maps.Count > 0;
    }
}
