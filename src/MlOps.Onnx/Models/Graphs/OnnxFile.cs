using Google.Protobuf;

namespace MlOps.Models.Graphs;

/// <summary>Reads .onnx files with limits: a file that is broken, or made to exhaust the reader, is a refusal.</summary>
internal static class OnnxFile
{
    // Each graph within a graph costs three levels (graph, node, attribute); exporters stay below four graphs deep.
    private const int DeepestNesting = 100;

    /// <exception cref="MlOpsException"><see cref="ErrorCode.InvalidModel"/>.</exception>
    public static ModelProto Read(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1, FileOptions.SequentialScan);
        if (stream.Length is 0 or > int.MaxValue)
        {
            throw Invalid(stream.Length == 0 ? "The file is empty." : "The file is larger than 2 GiB, which protobuf cannot hold; keep the weights in external_data parts.");
        }

        ModelProto model;
        try
        {
            model = ModelProto.Parser.ParseFrom(CodedInputStream.CreateWithLimits(stream, (int)stream.Length, DeepestNesting));
        }
        catch (InvalidProtocolBufferException)
        {
            throw Invalid("The file is not an ONNX model: it is truncated, damaged, of another format, or nested more than 100 levels deep.");
        }

        return model.Graph is { Output.Count: > 0 } && model.OpsetImport.Count > 0
            ? model
            : throw Invalid("The file is not an ONNX model: it has no graph with outputs, or names no operator set.");
    }

    private static MlOpsException Invalid(string detail) => new(ErrorCode.InvalidModel, detail);
}
