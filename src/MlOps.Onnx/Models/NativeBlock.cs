using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace MlOps.Models;

/// <summary>Memory outside of the managed heap that tensors lie over. Its owner disposes the tensors first.</summary>
internal sealed unsafe class NativeBlock(long bytes) : IDisposable
{
    private const nuint CacheLine = 64;

    private void* memory = NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 1), CacheLine);

    public long Bytes { get; } = bytes;

    public nint Address => (nint)memory;

    public Span<T> Span<T>(int length)
        where T : unmanaged => new(memory, length);

    public OrtValue Tensor(TensorElementType type, long[] shape) =>
        OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, type, shape, (nint)memory, Bytes);

    public void Dispose()
    {
        NativeMemory.AlignedFree(memory);
        memory = null;
    }
}
