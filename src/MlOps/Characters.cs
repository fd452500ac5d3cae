namespace MlOps;

/// <summary>Texts counted as people and JSON Schema count them: by code points, so that an emoji is one character.</summary>
public static class Characters
{
    /// <summary>Whether the text has more characters than this many.</summary>
    public static bool MoreThan(string text, int most) => text.Length > most && text.EnumerateRunes().Skip(most).Any();
}
