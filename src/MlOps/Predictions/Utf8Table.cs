using System.Numerics;
using System.Text;

namespace MlOps.Predictions;

/// <summary>Finds a known text by its UTF-8 bytes without making a string of them. Immutable; open addressing, at most half full.</summary>
internal sealed class Utf8Table
{
    private readonly string[] texts;
    private readonly byte[][] keys;
    private readonly int[] slots;

    public Utf8Table(IReadOnlyList<string> texts)
    {
        this.texts = [.. texts];
        keys = [.. texts.Select(Encoding.UTF8.GetBytes)];
        slots = new int[BitOperations.RoundUpToPowerOf2((uint)Math.Max(4, texts.Count * 2))];
        for (var index = 0; index < keys.Length; index++)
        {
            var slot = (int)(Hash(keys[index]) & (uint)(slots.Length - 1));
            while (slots[slot] != 0 && !keys[slots[slot] - 1].AsSpan().SequenceEqual(keys[index]))
            {
                slot = (slot + 1) & (slots.Length - 1);
            }

            if (slots[slot] == 0)
            {
                slots[slot] = index + 1;
            }
        }
    }

    public int Count => texts.Length;

    /// <summary>The text itself: one string for all rows that hold it.</summary>
    public string this[int index] => texts[index];

    public ReadOnlySpan<byte> Key(int index) => keys[index];

    /// <summary>The position of a text, or −1. Of equal texts the first.</summary>
    public int Find(ReadOnlySpan<byte> utf8)
    {
        for (var slot = (int)(Hash(utf8) & (uint)(slots.Length - 1)); slots[slot] != 0; slot = (slot + 1) & (slots.Length - 1))
        {
            if (keys[slots[slot] - 1].AsSpan().SequenceEqual(utf8))
            {
                return slots[slot] - 1;
            }
        }

        return -1;
    }

    // FNV-1a: names are short, and the table is ours, built from names that the owner of the model chose.
    private static uint Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = 2166136261u;
        foreach (var one in bytes)
        {
            hash = (hash ^ one) * 16777619u;
        }

        return hash ^ (hash >> 15);
    }
}
