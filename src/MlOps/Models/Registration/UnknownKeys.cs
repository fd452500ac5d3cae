using System.Text.Json;

namespace MlOps.Models.Registration;

/// <summary>Unknown keys of the metadata are kept; what they were probably meant to be is said.</summary>
internal static class UnknownKeys
{
    public static void Warn(JsonElement element, string place, IReadOnlyCollection<string> known, List<string> warnings)
    {
        var strange = element.EnumerateObject().Select(property => property.Name).Where(name => !known.Contains(name, StringComparer.Ordinal)).ToList();
        var far = new List<string>();
        foreach (var name in strange)
        {
            if (NearestName.Of(name, known) is { } near)
            {
                warnings.Add($"{place}: '{name}' is no key that is known here. It is kept and has no effect; did you mean '{near}'?");
            }
            else
            {
                far.Add(name);
            }
        }

        if (far.Count > 0)
        {
            warnings.Add(
                $"{place}: {string.Join(", ", far.Take(20).Select(name => $"'{name}'"))}{(far.Count > 20 ? ", …" : "")} {(far.Count == 1 ? "is no key that is" : "are no keys that are")} known here. "
                + $"Kept, without effect; known are {string.Join(", ", known.Select(name => $"'{name}'"))}.");
        }
    }
}
