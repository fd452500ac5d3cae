using System.Collections.Frozen;
using System.Collections.Immutable;
using Microsoft.ML.OnnxRuntime;
using MlOps.Contributions;

namespace MlOps.Models;

/// <summary>A session for serving, and what is learned of its outputs by running it.</summary>
internal sealed class OnnxSession : IDisposable
{
    private readonly FrozenDictionary<string, ImmutableArray<string>> mapKeys;
    private readonly FrozenDictionary<string, OutputLayout> layouts;

    private OnnxSession(InferenceSession session, IEnumerable<KeyValuePair<string, ImmutableArray<string>>> mapKeys)
    {
        Native = session;
        this.mapKeys = mapKeys.ToFrozenDictionary(StringComparer.Ordinal);
        layouts = session.OutputMetadata.ToFrozenDictionary(output => output.Key, _ => new OutputLayout(), StringComparer.Ordinal);
    }

    public InferenceSession Native { get; }

    /// <summary>Outputs whose shape followed from the rows so far can be written straight to memory of ours, until one breaks the rule.</summary>
    public bool LayoutsHold { get; set; } = true;

    /// <param name="path">The graph; external data lie beside it.</param>
    /// <param name="size">Bytes of both.</param>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.ModelError"/>.</exception>
    public static OnnxSession Open(string path, long size) => Opened(() => Whole(path, size));

    /// <summary>A session over the part of a graph that a value needs.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.ModelError"/>.</exception>
    public static OnnxSession OpenUpTo(GraphCut cut, string path, long size) =>
        Opened(() => new OnnxSession(OnnxEnvironment.Open(path, GraphCutter.Bytes(OnnxFile.Read(path), cut), Path.GetDirectoryName(path), size), []));

    /// <summary>The keys of a ZipMap output in the order of its columns; empty for other outputs.</summary>
    public ImmutableArray<string> MapKeys(string output) => mapKeys.GetValueOrDefault(output, []);

    public OutputLayout Layout(string output) => layouts[output];

    public bool HasInput(string name) => Native.InputMetadata.ContainsKey(name);

    public bool HasOutput(string name) => layouts.ContainsKey(name);

    /// <summary>Null for sequences and maps.</summary>
    public Microsoft.ML.OnnxRuntime.Tensors.TensorElementType? TensorType(string output) =>
        Native.OutputMetadata[output] is { OnnxValueType: OnnxValueType.ONNX_TYPE_TENSOR } tensor ? tensor.ElementDataType : null;

    public void Dispose() => Native.Dispose();

    private static OnnxSession Whole(string path, long size)
    {
        if (!OnnxFile.Mentions(path, "ZipMap"u8))
        {
            return new OnnxSession(OnnxEnvironment.Open(path, null, null, size), []);
        }

        var model = OnnxFile.Read(path);
        var keys = GraphReader.Read(model).Outputs
            .Where(output => !output.MapKeys.IsDefault)
            .Select(output => KeyValuePair.Create(output.Name, output.MapKeys.Select(key => key.ToString()).ToImmutableArray()))
            .ToArray();
        return new OnnxSession(OnnxEnvironment.Open(path, ZipMapCut.Bytes(model), Path.GetDirectoryName(path), size), keys);
    }

    private static OnnxSession Opened(Func<OnnxSession> open)
    {
        try
        {
            return open();
        }
        catch (Exception failure) when (MemoryShortage.Is(failure))
        {
            throw new MlOpsException(ErrorCode.ModelError, MemoryShortage.Loading, inner: failure);
        }
        catch (Exception failure) when (failure is OnnxRuntimeException or IOException or UnauthorizedAccessException)
        {
            throw new MlOpsException(ErrorCode.ModelError, $"The model cannot be loaded: {RuntimeMessage.Of(failure)}", inner: failure);
        }
        catch (MlOpsException refused)
        {
            throw new MlOpsException(ErrorCode.ModelError, $"The model cannot be loaded: {refused.Message}", inner: refused);
        }
    }
}
