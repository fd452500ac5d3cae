using System.Text;

namespace MlOps.Tests.Models;

/// <summary>ONNX messages written field by field: hostile files need no library that would refuse to write them.</summary>
internal sealed class OnnxBytes
{
    private readonly List<byte> bytes = [];

    public byte[] ToArray() => [.. bytes];

    public OnnxBytes Number(int field, long value) => Varint((ulong)field << 3).Varint((ulong)value);

    public OnnxBytes Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public OnnxBytes Message(int field, OnnxBytes value) => Bytes(field, value.ToArray());

    public OnnxBytes Messages(int field, params OnnxBytes[] values) => values.Aggregate(this, (to, value) => to.Message(field, value));

    public OnnxBytes Float(int field, float value)
    {
        Varint(((ulong)field << 3) | 5);
        bytes.AddRange(BitConverter.GetBytes(value));
        return this;
    }

    private OnnxBytes Bytes(int field, byte[] value)
    {
        Varint(((ulong)field << 3) | 2).Varint((ulong)value.Length);
        bytes.AddRange(value);
        return this;
    }

    private OnnxBytes Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
        return this;
    }

    /// <summary>A model of ir 8 with opset 17 and ai.onnx.ml 3 around a graph.</summary>
    public static byte[] Model(OnnxBytes graph) => new OnnxBytes()
        .Number(1, 8)
        .Message(7, graph)
        .Message(8, new OnnxBytes().Text(1, "").Number(2, 17))
        .Message(8, new OnnxBytes().Text(1, "ai.onnx.ml").Number(2, 3))
        .ToArray();

    public static OnnxBytes Node(string type, string[] inputs, string[] outputs, string domain, params OnnxBytes[] attributes)
    {
        var node = inputs.Aggregate(new OnnxBytes(), (to, name) => to.Text(1, name));
        return outputs.Aggregate(node, (to, name) => to.Text(2, name)).Text(4, type).Messages(5, attributes).Text(7, domain);
    }

    /// <summary>A float or other tensor value; a negative size is the batch.</summary>
    public static OnnxBytes Value(string name, int elementType, params long[] dims)
    {
        var shape = dims.Aggregate(new OnnxBytes(), (to, dim) => to.Message(1, dim < 0 ? new OnnxBytes().Text(2, "N") : new OnnxBytes().Number(1, dim)));
        return new OnnxBytes().Text(1, name).Message(2, new OnnxBytes().Message(1, new OnnxBytes().Number(1, elementType).Message(2, shape)));
    }

    public static OnnxBytes Ints(string name, IEnumerable<int> values) =>
        values.Aggregate(new OnnxBytes().Text(1, name).Number(20, 7), (to, value) => to.Number(8, value));

    public static OnnxBytes Floats(string name, IEnumerable<float> values) =>
        values.Aggregate(new OnnxBytes().Text(1, name).Number(20, 6), (to, value) => to.Float(7, value));

    public static OnnxBytes Strings(string name, IEnumerable<string> values) =>
        values.Aggregate(new OnnxBytes().Text(1, name).Number(20, 8), (to, value) => to.Text(9, value));
}
