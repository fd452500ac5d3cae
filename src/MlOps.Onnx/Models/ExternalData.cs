using System.Collections.Immutable;
using System.Globalization;
using MlOps.Format;

namespace MlOps.Models;

/// <summary>Weights beside the graph: pairs the uploaded parts with the locations in the file, and lays them where ONNX Runtime looks.</summary>
internal static class ExternalData
{
    private const string Advice =
        "Export into one file (torch.onnx.export(…, external_data=False)), or save the weights beside it under a plain name: onnx.save_model(model, path, save_as_external_data=True, location='weights.bin').";

    /// <summary>Location → path of the part that holds it.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.InvalidModel"/> for locations that are no plain names, parts that are missing, too short or unreferenced.</exception>
    public static ImmutableDictionary<string, string> Pair(ModelProto model, ImmutableDictionary<string, string> parts)
    {
        var tensors = OnnxFormat.AllTensors(model).Where(tensor => tensor.DataLocation == 1).ToList();
        var locations = tensors.Select(Location).Distinct(StringComparer.Ordinal).ToList();
        var faults = new FaultList();
        foreach (var location in locations.Where(location => !IsPlain(location)))
        {
            faults.Add("/file", $"The external data location '{Shown(location)}' is no plain file name. {Advice}");
        }

        faults.Throw(ErrorCode.InvalidModel, "The file points outside of itself");
        var named = parts.ToImmutableDictionary(part => Plain(part.Key), part => part.Value, StringComparer.Ordinal);
        if (locations.Count == 1 && named.Count == 1)
        {
            named = ImmutableDictionary<string, string>.Empty.Add(locations[0], named.Values.Single());
        }

        foreach (var location in locations.Where(location => !named.ContainsKey(location)))
        {
            faults.Add("/external_data", $"The file reads external data from '{location}', which was not uploaded: send it as a part external_data with that file name. {Advice}");
        }

        foreach (var part in named.Keys.Where(part => !locations.Contains(part)))
        {
            faults.Add("/external_data", $"The part '{part}' is not referenced by the file{(locations.Count > 0 ? $", which reads {string.Join(", ", locations)}" : "")}: leave it out, or upload the file that it belongs to.");
        }

        foreach (var tensor in tensors.Where(tensor => named.ContainsKey(Location(tensor))))
        {
            if (End(tensor) > new FileInfo(named[Location(tensor)]).Length)
            {
                faults.Add("/external_data", $"The part '{Location(tensor)}' is too short for the weights in it: upload the file that was written with this graph, whole.");
                break;
            }
        }

        faults.Throw(ErrorCode.InvalidModel, "Graph and external data do not fit together");
        return named;
    }

    private static string Location(TensorProto tensor) => Plain(Entry(tensor, "location") ?? "");

    private static long End(TensorProto tensor)
    {
        var offset = Number(tensor, "offset") ?? 0;
        var values = tensor.Dims.Aggregate(1L, (product, dim) => product * Math.Max(0, dim));
        return offset + (Number(tensor, "length") ?? values);
    }

    private static long? Number(TensorProto tensor, string key) =>
        long.TryParse(Entry(tensor, key), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string? Entry(TensorProto tensor, string key) => tensor.ExternalData.FirstOrDefault(entry => entry.Key == key)?.Value;

    private static string Plain(string location) => location.StartsWith("./", StringComparison.Ordinal) ? location[2..] : location;

    private static bool IsPlain(string location) =>
        location.Length is > 0 and <= 200 && location is not ("." or "..") && location.IndexOfAny(['/', '\\', '\0', ':']) < 0;

    // The location is the file's own text, and may be a path of the machine that wrote it: its last part tells enough.
    private static string Shown(string location) => location[(location.LastIndexOfAny(['/', '\\']) + 1)..];
}
