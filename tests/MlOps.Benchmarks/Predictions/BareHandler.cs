using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;

namespace MlOps.Benchmarks.Predictions;

/// <summary>
/// What a server costs that does nothing but predict: Kestrel, one pass of a JSON reader, one session, preallocated tensors per connection thread.
/// No keys, no checks, no bins, no ids. GET /allocated tells the bytes that the process has allocated.
/// </summary>
internal static class BareHandler
{
    private const int MaxRows = 100;

    [ThreadStatic]
    private static Slot? slot;

    public static async Task<int> Run(string model, string url)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls(url);
        builder.WebHost.ConfigureKestrel(server => server.AddServerHeader = false);
        await using var app = builder.Build();
        using var options = new Microsoft.ML.OnnxRuntime.SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1, EnableMemoryPattern = false };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        using var session = new InferenceSession(model, options);
        app.Run(context => Handle(context, session));
        await app.RunAsync();
        return 0;
    }

    private static async Task Handle(HttpContext context, InferenceSession session)
    {
        if (context.Request.Path == "/allocated")
        {
            await context.Response.WriteAsync(GC.GetTotalAllocatedBytes(precise: true).ToString(System.Globalization.CultureInfo.InvariantCulture));
            return;
        }

        var reader = context.Request.BodyReader;
        ReadResult read;
        while (true)
        {
            read = await reader.ReadAsync();
            if (read.IsCompleted)
            {
                break;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }

        var mine = slot ??= new Slot();
        mine.Answer(read.Buffer, session);
        reader.AdvanceTo(read.Buffer.End);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = mine.Output.WrittenCount;
        context.Response.BodyWriter.Write(mine.Output.WrittenSpan);
        await context.Response.BodyWriter.FlushAsync();
    }

    /// <summary>One thread's tensors and buffers; used between two awaits only.</summary>
    private sealed class Slot
    {
        private static readonly string[] Inputs = ["X"];
        private static readonly string[] Outputs = ["label", "probabilities"];
        private static readonly RunOptions Shared = new();

        private readonly float[] values = GC.AllocateArray<float>(MaxRows * TreeModel.Features, pinned: true);
        private readonly long[] labels = GC.AllocateArray<long>(MaxRows, pinned: true);
        private readonly float[] probabilities = GC.AllocateArray<float>(MaxRows * 2, pinned: true);
        private readonly Dictionary<int, (OrtValue[] In, OrtValue[] Out)> tensors = [];
        private readonly byte[][] names = [.. Enumerable.Range(0, TreeModel.Features).Select(feature => Encoding.UTF8.GetBytes($"f{feature}"))];

        public ArrayBufferWriter<byte> Output { get; } = new(64 << 10);

        public void Answer(ReadOnlySequence<byte> body, InferenceSession session)
        {
            var rows = Parse(body);
            var (input, output) = Tensors(rows);
            session.Run(Shared, Inputs, input, Outputs, output);
            Write(rows);
        }

        private int Parse(ReadOnlySequence<byte> body)
        {
            var reader = new Utf8JsonReader(body);
            var (row, column) = (-1, 0);
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.StartObject && reader.CurrentDepth > 0)
                {
                    row++;
                    column = 0;
                }
                else if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth > 1)
                {
                    while (!reader.ValueTextEquals(names[column]))
                    {
                        column = (column + 1) % TreeModel.Features;
                    }

                    reader.Read();
                    values[(row * TreeModel.Features) + column] = reader.GetSingle();
                    column = (column + 1) % TreeModel.Features;
                }
            }

            return row + 1;
        }

        private (OrtValue[] In, OrtValue[] Out) Tensors(int rows)
        {
            if (!tensors.TryGetValue(rows, out var made))
            {
                var memory = OrtMemoryInfo.DefaultInstance;
                made = (
                    [OrtValue.CreateTensorValueFromMemory(memory, values.AsMemory(0, rows * TreeModel.Features), [rows, TreeModel.Features])],
                    [OrtValue.CreateTensorValueFromMemory(memory, labels.AsMemory(0, rows), [rows]), OrtValue.CreateTensorValueFromMemory(memory, probabilities.AsMemory(0, rows * 2), [rows, 2])]);
                tensors.Add(rows, made);
            }

            return made;
        }

        private void Write(int rows)
        {
            Output.ResetWrittenCount();
            Output.Write("{\"predictions\":["u8);
            for (var row = 0; row < rows; row++)
            {
                Output.Write(row == 0 ? "{\"prediction\":\""u8 : ",{\"prediction\":\""u8);
                Output.Write(labels[row] == 1 ? "1"u8 : "0"u8);
                Output.Write("\",\"probabilities\":{\"0\":"u8);
                Number(probabilities[2 * row]);
                Output.Write(",\"1\":"u8);
                Number(probabilities[(2 * row) + 1]);
                Output.Write("}}"u8);
            }

            Output.Write("]}"u8);
        }

        private void Number(float value)
        {
            Utf8Formatter.TryFormat(value, Output.GetSpan(32), out var written);
            Output.Advance(written);
        }
    }
}
