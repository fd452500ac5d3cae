using System.Collections.Immutable;
using MlOps.Models;
using MlOps.Models.Registration;
using MlOps.Predictions;

namespace MlOps;

/// <summary>The command <c>check-model</c>: the child process of a registration, and a way for people to try a file without a server.</summary>
public static class ModelCheckCommand
{
    private const string RequestFlag = "--request";

    /// <summary>Checks one file; the exit code is 0 whatever the check finds, 2 for a wrong command line.</summary>
    /// <param name="arguments"><c>&lt;model.onnx&gt; [&lt;baseline.csv&gt;] [&lt;metadata.json&gt;]</c>, or what the parent process passes.</param>
    public static int Run(string[] arguments)
    {
        switch (arguments)
        {
            case [RequestFlag, var request, var answer]:
                var asked = ExactJson.Read<CheckRequest>(File.ReadAllText(request));
                ProcessLimits.Apply(asked.MemoryBytes);
                File.WriteAllText(answer, ExactJson.Write(Answer(asked)));
                return 0;
            case [var path, .. var rest] when File.Exists(path):
                return Show(path, rest);
            default:
                Console.Error.WriteLine("usage: check-model <model.onnx> [<baseline.csv>] [<metadata.json>]   (external data are taken from beside the model)");
                return 2;
        }
    }

    internal static string[] Arguments(string request, string answer) => ["check-model", RequestFlag, request, answer];

    private static CheckAnswer Answer(CheckRequest request)
    {
        try
        {
            using var file = OnnxModelFile.Open(request.Upload.Graph, request.Upload.ExternalData, request.Folder, out var locations);
            if (request.Signature is { } signature)
            {
                RunOnce(file, signature);
                return new CheckAnswer(null, null);
            }

            var understood = ModelRegistration.Understand(file, request.Upload, CancellationToken.None);
            return new CheckAnswer(understood with { ExternalDataLocations = Locations(request.Upload, locations) }, null);
        }
        catch (MlOpsException refused)
        {
            return new CheckAnswer(null, new CheckRefusal(refused.Code, refused.Message, refused.Faults));
        }
        catch (Exception failed) when (failed is OutOfMemoryException or InsufficientExecutionStackException)
        {
            const string Detail = "The file needs more memory to be checked than is allowed for that (Models:CheckMemoryBytes).";
            return new CheckAnswer(null, new CheckRefusal(ErrorCode.InvalidModel, Detail, [new Fault("/file", Detail)]));
        }
        catch (Exception fault)
        {
            return Failed(fault);
        }
    }

    // A fault of ours is not the file's: the parent must be able to tell them apart.
    private static CheckAnswer Failed(Exception fault) => new(null, new CheckRefusal(ErrorCode.InternalError, fault.ToString(), []));

    // Part name → location in the graph, for the parts whose names differ from it.
    private static ImmutableDictionary<string, string> Locations(ModelUpload upload, ImmutableDictionary<string, string> locations)
    {
        var byPath = locations.ToDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);
        return upload.ExternalData.Where(part => byPath[part.Value] != part.Key).ToImmutableDictionary(part => part.Key, part => byPath[part.Value], StringComparer.Ordinal);
    }

    private static void RunOnce(OnnxModelFile file, ModelSignature signature)
    {
        var batch = new PredictionPlan(signature, null).Rent();
        batch.Resize(1);
        for (var feature = 0; feature < signature.Features.Length; feature++)
        {
            var spec = signature.Features[feature];
            var value = spec.Domain.IsDefaultOrEmpty ? (spec.Type is FeatureType.Categorical or FeatureType.Text ? Scalar.Of("") : Scalar.Of(0L)) : spec.Domain[0];
            if (batch.Set(0, feature, value) is not null)
            {
                batch.Set(0, feature, Scalar.Of(0L));
            }
        }

        try
        {
            file.Run(BatchTensorCopy.Of(batch, 0, 1));
        }
        catch (ModelRunException)
        {
            // A made-up row may be refused; what counts is that the process outlived the load and the run.
        }
    }

    private static int Show(string path, string[] rest)
    {
        var folder = Directory.CreateTempSubdirectory("mlops-check-").FullName;
        try
        {
            var beside = Directory.EnumerateFiles(Path.GetDirectoryName(Path.GetFullPath(path))!)
                .Where(file => Path.GetFileName(file).StartsWith(Path.GetFileName(path) + ".", StringComparison.Ordinal))
                .ToImmutableDictionary(file => Path.GetFileName(file));
            var metadata = rest.FirstOrDefault(file => file.EndsWith(".json", StringComparison.OrdinalIgnoreCase));
            var upload = new ModelUpload(
                path, beside, rest.FirstOrDefault(file => file.EndsWith(".csv", StringComparison.OrdinalIgnoreCase)), null, null, metadata is null ? null : File.ReadAllText(metadata));
            var answer = Answer(new CheckRequest(upload, folder, 0, null));
            Console.WriteLine(answer.Refusal is { } refusal
                ? $"refused ({refusal.Code}): {refusal.Detail}\n{string.Join('\n', refusal.Faults.Select(fault => $"  {fault.Pointer}: {fault.Detail}"))}"
                : ExactJson.Write(answer.Checked));
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
