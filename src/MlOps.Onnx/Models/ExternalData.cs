using System.Collections.Immutable;
using System.Globalization;
using MlOps.Format;

namespace MlOps.Models;

/// <summary>Pairs the weights that a graph keeps in files beside it with the parts that were sent.</summary>
internal static class ExternalData
{
    private const string Pointer = "/external_data";

    private const string GraphName = "model.onnx";
    private const string Fix = "Export in one file (torch.onnx.export(…, external_data=False)), or save it again with "
        + "onnx.save_model(model, path, save_as_external_data=True, location=\"weights.bin\") and send that file as external_data.";

    /// <summary>Location in the graph → local path of the part, all of them there and long enough.</summary>
    /// <param name="parts">Part's file name → local path.</param>
    /// <param name="renamed">Part's file name → location, where the two differ.</param>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.InvalidModel"/>.</exception>
    public static ImmutableDictionary<string, string> Pair(
        ModelProto model, ImmutableDictionary<string, string> parts, out ImmutableDictionary<string, string> renamed)
    {
        var needed = Needed(model);
        var located = new Dictionary<string, (string Part, string Path)>(StringComparer.Ordinal);
        if (needed.Count == 1 && parts.Count == 1)
        {
            var (part, path) = parts.Single();
            located.Add(needed.Keys.Single(), (part, path));
        }
        else
        {
            foreach (var (part, path) in parts)
            {
                if (!located.TryAdd(Plain(part), (part, path)))
                {
                    throw Refusal.Of($"Two external_data parts are called '{Plain(part)}'.", Pointer);
                }
            }
        }

        if (needed.Keys.Where(location => !located.ContainsKey(location)).Order(StringComparer.Ordinal).ToArray() is { Length: > 0 } missing)
        {
            throw Refusal.Of($"The graph keeps weights in {Quoted(missing)}, which was not sent as external_data{Sent(parts)}. Send it under this file name. {Fix}", Pointer);
        }

        if (located.Where(part => !needed.ContainsKey(part.Key)).Select(part => part.Value.Part).Order(StringComparer.Ordinal).ToArray() is { Length: > 0 } unreferenced)
        {
            var names = needed.Count == 0 ? "the graph holds all of its weights itself" : $"the graph refers to {Quoted(needed.Keys.Order(StringComparer.Ordinal))}";
            throw Refusal.Of($"No tensor of the graph lies in the external_data part {Quoted(unreferenced)}: {names}. Leave it out, or name it as the graph does.", Pointer);
        }

        foreach (var (location, end) in needed)
        {
            var length = new FileInfo(located[location].Path).Length;
            if (length < end)
            {
                throw Refusal.Of($"The external_data part '{located[location].Part}' has {length} bytes, the graph reads {end} of it: it was cut short, or belongs to another export.", Pointer);
            }
        }

        renamed = located.Where(part => part.Value.Part != part.Key).ToImmutableDictionary(part => part.Value.Part, part => part.Key, StringComparer.Ordinal);
        return located.ToImmutableDictionary(part => part.Key, part => part.Value.Path, StringComparer.Ordinal);
    }

    /// <summary>Puts a part where the graph looks for it. A link costs nothing; file systems without one, or another file system, get a copy.</summary>
    public static void Lay(string part, string place)
    {
        if (OperatingSystem.IsWindows() || Libc.Link(part, place) != 0)
        {
            File.Copy(part, place);
        }
    }

    /// <summary>The files that a graph keeps weights in; none for what is no graph.</summary>
    public static IReadOnlySet<string> Locations(string graph)
    {
        try
        {
            return Needed(OnnxFile.Read(graph)).Keys.ToHashSet(StringComparer.Ordinal);
        }
        catch (MlOpsException)
        {
            return new HashSet<string>();
        }
    }

    // Location → the bytes that must be there.
    private static Dictionary<string, long> Needed(ModelProto model)
    {
        var needed = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var tensor in model.AllTensors().Where(tensor => tensor.DataLocation == TensorTypes.External))
        {
            var location = Plain(Entry(tensor, "location") ?? "");
            if (location.Length == 0 || location is "." or ".." || location.AsSpan().IndexOfAny('/', '\\', ':') >= 0 || location.Contains('\0', StringComparison.Ordinal))
            {
                throw Refusal.Of($"The graph keeps weights in '{Shown(location)}': a location must be a plain file name, not a path. {Fix}");
            }

            if (location == GraphName)
            {
                throw Refusal.Of($"The graph keeps weights in '{GraphName}', the name that the graph itself is kept under. {Fix}");
            }

            var offset = Number(tensor, "offset", 0);
            var length = Number(tensor, "length", tensor.Size());
            if (offset < 0 || length < 0 || offset > long.MaxValue - length)
            {
                throw Refusal.Of($"The graph gives an impossible offset or length for its weights in '{Shown(location)}'. {Fix}");
            }

            needed[location] = Math.Max(needed.GetValueOrDefault(location), offset + length);
        }

        return needed;
    }

    private static string Plain(string location)
    {
        while (location.StartsWith("./", StringComparison.Ordinal))
        {
            location = location[2..];
        }

        return location;
    }

    private static string? Entry(TensorProto tensor, string key) => tensor.ExternalData.FirstOrDefault(entry => entry.Key == key)?.Value;

    private static long Number(TensorProto tensor, string key, long absent) =>
        Entry(tensor, key) is not { } text ? absent
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;

    // An absolute location is a path of somebody's machine.
    private static string Shown(string location) => location.StartsWith('/') || location.Contains(':', StringComparison.Ordinal)
        ? "an absolute path"
        : location.Length > 100 ? location[..100] + "…" : location;

    private static string Sent(ImmutableDictionary<string, string> parts) => parts.IsEmpty ? "" : $" (sent: {Quoted(parts.Keys.Order(StringComparer.Ordinal))})";

    private static string Quoted(IEnumerable<string> names) => string.Join(", ", names.Take(10).Select(name => $"'{Shown(name)}'"));
}
