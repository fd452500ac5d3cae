using Google.Protobuf;
using MlOps.Format;

namespace MlOps.Models;

/// <summary>Reads .onnx files with limits: a file that is broken, or made to exhaust the reader, is a refusal.</summary>
internal static class OnnxFile
{
    // Each graph within a graph costs three levels (graph, node, attribute); exporters stay below four graphs deep.
    private const int DeepestNesting = 100;

    /// <summary>Whether a word stands anywhere in the file: far cheaper than reading its structure.</summary>
    public static bool Mentions(string path, ReadOnlySpan<byte> word)
    {
        using var file = File.OpenHandle(path, options: FileOptions.SequentialScan);
        var buffer = new byte[1 << 16];
        var kept = 0;
        long position = 0;
        for (int read; (read = RandomAccess.Read(file, buffer.AsSpan(kept), position)) > 0;)
        {
            position += read;
            var filled = buffer.AsSpan(0, kept + read);
            if (filled.IndexOf(word) >= 0)
            {
                return true;
            }

            // The word may lie across two reads.
            kept = Math.Min(word.Length - 1, filled.Length);
            filled[^kept..].CopyTo(buffer);
        }

        return false;
    }

    /// <summary>Bytes of a graph and of the external data beside it.</summary>
    public static long TotalBytes(string path) => new DirectoryInfo(Path.GetDirectoryName(path)!).EnumerateFiles().Sum(file => file.Length);

    /// <exception cref="MlOpsException"><see cref="ErrorCode.InvalidModel"/>.</exception>
    public static ModelProto Read(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1, FileOptions.SequentialScan);
        if (stream.Length is 0 or > int.MaxValue)
        {
            throw Refusal.Of(stream.Length == 0 ? "The file is empty." : "The file is larger than 2 GiB, which protobuf cannot hold; keep the weights in external_data parts.");
        }

        ModelProto model;
        try
        {
            model = ModelProto.Parser.ParseFrom(CodedInputStream.CreateWithLimits(stream, (int)stream.Length, DeepestNesting));
        }
        catch (InvalidProtocolBufferException)
        {
            throw Refusal.Of("The file is not an ONNX model: it is truncated, damaged, of another format, or nested more than 100 levels deep.");
        }

        return model.Graph is { Output.Count: > 0 } && model.OpsetImport.Count > 0
            ? model
            : throw Refusal.Of("The file is not an ONNX model: it has no graph with outputs, or names no operator set.");
    }
}
