using System.Text.Json;

namespace MlOps.Predictions;

/// <summary>Texts and names of a JSON body.</summary>
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
