using System.Collections.Immutable;
using Google.Protobuf;
using MlOps.Format;
using MlOps.Models;

namespace MlOps.Tests.Models;

/// <summary>A folder of a test's own, with the files that it writes there.</summary>
internal sealed class Scratch : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("mlops-onnx-").FullName;

    public string Write(ModelProto model) => Write("model.onnx", model.ToByteArray());

    public string Write(string name, byte[] bytes)
    {
        // A folder for each file: the graph of one test must not lie among the weights of another.
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(Folder, Path.GetRandomFileName())).FullName, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public string Empty() => Directory.CreateDirectory(Path.Combine(Folder, Path.GetRandomFileName())).FullName;

    public ModelUpload Upload(ModelProto model) => Upload(Write(model));

    public static ModelUpload Upload(string graph) => new(graph, ImmutableDictionary<string, string>.Empty, null, null, null, null);

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
