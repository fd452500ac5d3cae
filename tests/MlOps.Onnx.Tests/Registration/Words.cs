using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace MlOps.Tests.Registration;

/// <summary>What texts must say, as tests/Fixtures/tiny defines it.</summary>
internal static class Words
{
    public static string Details(MlOpsException refused) => string.Join('\n', refused.Faults.Select(fault => fault.Detail).Prepend(refused.Message));

    /// <summary>Words of one or two characters must stand alone: 'a' is in every sentence.</summary>
    public static void AssertContained(JsonElement list, string name, string text)
    {
        foreach (var word in Of(list, name))
        {
            var found = word.Length > 2 ? text.Contains(word, StringComparison.OrdinalIgnoreCase) : Regex.IsMatch(text, $@"(?i)(?<!\w){Regex.Escape(word)}(?!\w)");
            Assert.True(found, $"'{word}' is not in: {text}");
        }
    }

    public static void AssertInOrder(JsonElement list, string name, string text)
    {
        var at = 0;
        foreach (var word in Of(list, name))
        {
            var found = text.IndexOf(word, at, StringComparison.OrdinalIgnoreCase);
            Assert.True(found >= 0, $"'{word}' does not follow in: {text}");
            at = found + word.Length;
        }
    }

    public static IEnumerable<string> Of(JsonElement element, string name) =>
        element.TryGetProperty(name, out var list) ? list.EnumerateArray().Select(item => item.GetString()!) : [];
}
