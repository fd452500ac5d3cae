using System.Text.Json;

namespace MlOps.Predictions;

/// <summary>
/// Texts and names of a JSON body, in which an escape may be half of a surrogate pair: the reader throws then, so whoever calls these stops when
/// there are faults enough.
/// </summary>
internal static class JsonText
{
    /// <summary>The text of the reader's token; null when an escape in it is half of a surrogate pair, which is no text.</summary>
    public static string? Read(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Whether the token is this text.</summary>
    public static bool Is(ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8)
    {
        if (!reader.ValueIsEscaped)
        {
            return reader.ValueSpan.SequenceEqual(utf8);
        }

        try
        {
            return reader.ValueTextEquals(utf8);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Unescapes the token's text; −1 when an escape in it is half of a surrogate pair. <paramref name="buffer"/> is as long as the token.</summary>
    public static int Copy(ref Utf8JsonReader reader, Span<byte> buffer)
    {
        try
        {
            return reader.CopyString(buffer);
        }
        catch (InvalidOperationException)
        {
            return -1;
        }
    }
}
