using System.Runtime.CompilerServices;
using Microsoft.ML.OnnxRuntime;
using MlOps.Predictions;

namespace MlOps.Models;

/// <summary>One input of a <see cref="RunSlot"/>: a native tensor of fixed shape, filled from the rows of a batch before each run.</summary>
internal abstract class InputFeed(OrtValue value) : IDisposable
{
    public OrtValue Value { get; } = value;

    /// <summary>Bytes outside of the managed heap, about.</summary>
    public abstract long Bytes { get; }

    public static InputFeed Create(TensorBuffer buffer, int from, int rows)
    {
        var input = buffer.Input;
        var whole = input.Constant is { PerRow: false };
        long[] shape = input.Constant is { } constant
            ? whole ? [.. constant.Shape] : [rows, .. constant.Shape.Skip(1)]
            : input.Rank == 1 ? [rows] : [rows, input.Width];
        var length = whole ? input.Constant!.Values.Length : rows * input.Width;
        InputFeed feed = buffer switch
        {
            TensorBuffer<float> => new NumberFeed<float>(input.Type, shape, length),
            TensorBuffer<double> => new NumberFeed<double>(input.Type, shape, length),
            TensorBuffer<long> => new NumberFeed<long>(input.Type, shape, length),
            TensorBuffer<int> => new NumberFeed<int>(input.Type, shape, length),
            TensorBuffer<bool> => new NumberFeed<bool>(input.Type, shape, length),
            TensorBuffer<Half> => new NumberFeed<Half>(input.Type, shape, length),
            _ => new TextFeed(shape, length),
        };
        if (input.Constant is not null)
        {
            feed.Copy(buffer, whole ? 0 : from);
        }

        return feed;
    }

    /// <summary>Takes the values of the rows from <paramref name="from"/> on. Constants are taken once, when the feed is made.</summary>
    public abstract void Copy(TensorBuffer buffer, int from);

    public virtual void Dispose() => Value.Dispose();

    private sealed class NumberFeed<T> : InputFeed
        where T : unmanaged
    {
        private readonly NativeBlock memory;
        private readonly int length;

        public NumberFeed(ElementType type, long[] shape, int length)
            : this(type, shape, length, new NativeBlock((long)length * Unsafe.SizeOf<T>()))
        {
        }

        private NumberFeed(ElementType type, long[] shape, int length, NativeBlock memory)
            : base(memory.Tensor(TensorValues.Native(type), shape))
        {
            this.memory = memory;
            this.length = length;
        }

        public override long Bytes => memory.Bytes;

        public override void Copy(TensorBuffer buffer, int from) =>
            ((TensorBuffer<T>)buffer).Values.AsSpan(from * buffer.Input.Width, length).CopyTo(memory.Span<T>(length));

        public override void Dispose()
        {
            base.Dispose();
            memory.Dispose();
        }
    }

    // Texts live in native memory of their own: one that is there already is not written again.
    private sealed class TextFeed(long[] shape, int length)
        : InputFeed(OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, shape))
    {
        private const long TextBytes = 64;

        private readonly string[] written = [.. Enumerable.Repeat("", length)];

        public override long Bytes => written.Length * TextBytes;

        public override void Copy(TensorBuffer buffer, int from)
        {
            var texts = ((TensorBuffer<string>)buffer).Values.AsSpan(from * buffer.Input.Width, written.Length);
            for (var i = 0; i < written.Length; i++)
            {
                var text = texts[i] ?? "";
                if (!string.Equals(text, written[i], StringComparison.Ordinal))
                {
                    Value.StringTensorSetElementAt(text.AsSpan(), i);
                    written[i] = text;
                }
            }
        }
    }
}
