using System.Collections.Immutable;
using System.Diagnostics;
using Microsoft.Extensions.Options;

namespace MlOps.Models;

/// <summary>Runs checks in child processes of our own executable, with limits on memory and time.</summary>
internal sealed class ModelChecker(IOptions<ModelOptions> options, IOptions<ModelCheckOptions> child, DataFolder data) : IModelChecker, IDisposable
{
    private readonly SemaphoreSlim slots = new(options.Value.MaxConcurrentChecks);

    public async Task<CheckedModel> Check(ModelUpload upload, CancellationToken cancellation)
    {
        var answer = await Run(folder => new CheckRequest(upload, folder, options.Value.CheckMemoryBytes, null), cancellation);
        if (answer.Refusal is { Code: ErrorCode.InternalError } fault)
        {
            throw new InvalidOperationException($"The check of a model failed by a fault of ours: {fault.Detail}");
        }

        return answer.Refusal is { } refusal
            ? throw new MlOpsException(refusal.Code, refusal.Detail, refusal.Faults)
            : answer.Checked ?? throw new MlOpsException(ErrorCode.InternalError, "The check answered nothing.");
    }

    public async Task<string?> Verify(string graphPath, ModelSignature signature, CancellationToken cancellation)
    {
        var beside = Directory.EnumerateFiles(Path.GetDirectoryName(graphPath)!)
            .Where(path => path != graphPath)
            .ToImmutableDictionary(path => Path.GetFileName(path), StringComparer.Ordinal);
        var upload = new ModelUpload(graphPath, beside, null, null, null, null);
        try
        {
            var answer = await Run(folder => new CheckRequest(upload, folder, options.Value.CheckMemoryBytes, signature), cancellation);
            return answer.Refusal?.Detail;
        }
        catch (MlOpsException refused) when (refused.Code == ErrorCode.InvalidModel)
        {
            return refused.Message;
        }
    }

    public void Dispose() => slots.Dispose();

    private async Task<CheckAnswer> Run(Func<string, CheckRequest> request, CancellationToken cancellation)
    {
        await slots.WaitAsync(cancellation);
        var folder = Directory.CreateDirectory(Path.Combine(data.Uploads, $"check-{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}")).FullName;
        try
        {
            var (asked, answered) = (Path.Combine(folder, "request.json"), Path.Combine(folder, "answer.json"));
            await File.WriteAllTextAsync(asked, ExactJson.Write(request(Directory.CreateDirectory(Path.Combine(folder, "files")).FullName)), cancellation);
            await RunChild(asked, answered, cancellation);
            return ExactJson.Read<CheckAnswer>(await File.ReadAllTextAsync(answered, cancellation));
        }
        finally
        {
            slots.Release();
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task RunChild(string asked, string answered, CancellationToken cancellation)
    {
        var command = child.Value.Command;
        var start = new ProcessStartInfo(command[0], [.. command.Skip(1), .. ModelCheckCommand.Arguments(asked, answered)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_GCHeapHardLimit"] = (options.Value.CheckMemoryBytes / 2).ToString("X", System.Globalization.CultureInfo.InvariantCulture);
        start.Environment["ORT_DISABLE_TELEMETRY"] = "1";
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        using var process = Process.Start(start) ?? throw new InvalidOperationException("The check could not be started.");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(options.Value.CheckTimeoutSeconds));
        // What the child or the native library prints is read away, so that a full pipe never blocks it, and is not told.
        var printed = Task.WhenAll(process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None), process.StandardError.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            cancellation.ThrowIfCancellationRequested();
            throw Refused($"Loading and trying the file took more than {options.Value.CheckTimeoutSeconds:0.#} s. A model that is served must answer a few rows within that time.");
        }

        await printed;
        if (process.ExitCode != 0 || !File.Exists(answered))
        {
            throw Refused(
                "The file ended the process that tried it: it overflows the stack, needs more memory than Models:CheckMemoryBytes, or breaks ONNX Runtime. "
                + "Trees thousands of levels deep do that: limit the depth in training.");
        }
    }

    private static MlOpsException Refused(string detail) => new(ErrorCode.InvalidModel, detail, [new Fault("/file", detail)]);
}
