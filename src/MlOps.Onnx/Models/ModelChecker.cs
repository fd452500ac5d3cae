using System.Collections.Immutable;
using System.ComponentModel;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace MlOps.Models;

/// <summary>Checks files in child processes of our own executable, some at a time, with limits on memory and time.</summary>
internal sealed partial class ModelChecker(
    IOptions<ModelOptions> options, IOptions<ModelCheckOptions> child, DataFolder data, TimeProvider time, ILogger<ModelChecker> logger) : IModelChecker, IDisposable
{
    // Together with the check itself this stays below what clients wait for.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    // EAGAIN and ENOMEM.
    private const int TooManyProcesses = 11;
    private const int TooLittleMemory = 12;

    // What a job's process comes to take after it has started, beside what it holds of the rows: compiled code, the stacks of more threads.
    private const long JobProcessBytes = 64L << 20;

    // Of the memory that a job may use; the rest is native: pages of Parquet, the runtime.
    private const long JobHeapShare = 2;

    // A model in memory, against its file.
    private const long ModelFactor = 4;

    private readonly SemaphoreSlim slots = new(options.Value.MaxConcurrentChecks);

    public async Task<CheckedModel> Check(ModelUpload upload, CancellationToken cancellation) =>
        Model(await Ask(upload, request => request with { InlineBytes = options.Value.MaxRowsBytes }, null, cancellation));

    public async Task<CheckedModel> AddBaseline(ModelUpload upload, ModelSignature signature, CancellationToken cancellation) =>
        Model(await Ask(
            upload, request => request with { Work = CheckWork.AddBaseline, Signature = signature, InlineBytes = options.Value.MaxRowsBytes }, null, cancellation));

    public async Task<CheckedModel> ReadWhole(ModelUpload upload, ModelSignature? signature, Action<double> progress, CancellationToken cancellation)
    {
        var model = new[] { upload.Graph }.Concat(upload.ExternalData.Values).Sum(path => new FileInfo(path).Length);
        var limits = options.Value;
        return Model(await Run(
            upload,
            request => request with
            {
                Work = signature is null ? CheckWork.Understand : CheckWork.AddBaseline,
                Signature = signature,
                MemoryBytes = limits.BaselineMemoryBytes + JobProcessBytes + (ModelFactor * model),
                RowsMemoryBytes = (limits.BaselineMemoryBytes / JobHeapShare) + (ModelFactor * model),
                Seconds = limits.BaselineTimeoutSeconds,
            },
            progress,
            cancellation));
    }

    public async Task<string?> Verify(string graphPath, ModelSignature signature, CancellationToken cancellation)
    {
        try
        {
            var answer = await Ask(
                new ModelUpload(graphPath, ImmutableDictionary<string, string>.Empty, null, null, null, null),
                request => request with { Work = CheckWork.Verify, Signature = signature },
                null,
                cancellation);
            return answer.Refusal?.Detail;
        }
        catch (MlOpsException refused) when (refused.Code == ErrorCode.InvalidModel)
        {
            return refused.Message;
        }
    }

    public void Dispose() => slots.Dispose();

    private static CheckedModel Model(CheckAnswer answer) =>
        answer.Refusal is { } refusal
            ? throw refusal.ToException()
            : answer.Checked ?? throw new MlOpsException(ErrorCode.InternalError, "The check answered nothing.");

    private async Task<CheckAnswer> Ask(ModelUpload upload, Func<CheckRequest, CheckRequest> ask, Action<double>? progress, CancellationToken cancellation)
    {
        if (!await slots.WaitAsync(LongestWait, cancellation))
        {
            throw new MlOpsException(ErrorCode.Overloaded, "Other models are being checked. Send this one again in a moment.");
        }

        try
        {
            return await Run(upload, ask, progress, cancellation);
        }
        finally
        {
            slots.Release();
        }
    }

    private async Task<CheckAnswer> Run(ModelUpload upload, Func<CheckRequest, CheckRequest> ask, Action<double>? progress, CancellationToken cancellation)
    {
        var folder = Path.Combine(data.Uploads, $"check-{Guid.CreateVersion7(time.GetUtcNow()):N}");
        var request = ask(new CheckRequest(upload, folder, options.Value.CheckMemoryBytes, options.Value.CheckTimeoutSeconds, null));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await using var timer = time.CreateTimer(static source => ((CancellationTokenSource)source!).Cancel(), limit, TimeSpan.FromSeconds(request.Seconds), Timeout.InfiniteTimeSpan);
        try
        {
            Directory.CreateDirectory(folder);
            var answer = await CheckProcess.Ask(child.Value.Command, request, progress, limit.Token);
            if (answer.Fault is { } fault)
            {
                LogFault(fault);
                throw new MlOpsException(ErrorCode.InternalError, "The check of the model failed by a fault of ours.");
            }

            return answer.Refusal?.ToException() is { } refusal && refusal.IsStorageFault() ? throw refusal : answer;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw CheckDeath.TooLong(request.Seconds);
        }
        catch (Win32Exception failure) when (failure.NativeErrorCode is TooManyProcesses or TooLittleMemory)
        {
            throw new MlOpsException(ErrorCode.Overloaded, "The process that checks models could not be started: the machine has no memory for another one. Send the model again in a moment.", inner: failure);
        }
        catch (Exception failure) when (StorageFault.Of(failure) is not null)
        {
            throw StorageFault.Of(failure)!;
        }
        finally
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }
}
