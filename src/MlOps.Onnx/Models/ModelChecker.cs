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

    private readonly SemaphoreSlim slots = new(options.Value.MaxConcurrentChecks);

    public async Task<CheckedModel> Check(ModelUpload upload, CancellationToken cancellation)
    {
        var answer = await Ask(upload, null, cancellation);
        return answer.Refusal is { } refusal
            ? throw refusal.ToException()
            : answer.Checked ?? throw new MlOpsException(ErrorCode.InternalError, "The check answered nothing.");
    }

    public async Task<string?> Verify(string graphPath, ModelSignature signature, CancellationToken cancellation)
    {
        try
        {
            var answer = await Ask(new ModelUpload(graphPath, ImmutableDictionary<string, string>.Empty, null, null, null, null), signature, cancellation);
            return answer.Refusal?.Detail;
        }
        catch (MlOpsException refused) when (refused.Code == ErrorCode.InvalidModel)
        {
            return refused.Message;
        }
    }

    public void Dispose() => slots.Dispose();

    private async Task<CheckAnswer> Ask(ModelUpload upload, ModelSignature? signature, CancellationToken cancellation)
    {
        if (!await slots.WaitAsync(LongestWait, cancellation))
        {
            throw new MlOpsException(ErrorCode.Overloaded, "Other models are being checked. Send this one again in a moment.");
        }

        var folder = Path.Combine(data.Uploads, $"check-{Guid.CreateVersion7(time.GetUtcNow()):N}");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var seconds = options.Value.CheckTimeoutSeconds;
        await using var timer = time.CreateTimer(static source => ((CancellationTokenSource)source!).Cancel(), limit, TimeSpan.FromSeconds(seconds), Timeout.InfiniteTimeSpan);
        try
        {
            Directory.CreateDirectory(folder);
            var answer = await CheckProcess.Ask(child.Value.Command, new CheckRequest(upload, folder, options.Value.CheckMemoryBytes, seconds, signature), limit.Token);
            if (answer.Fault is { } fault)
            {
                LogFault(fault);
                throw new MlOpsException(ErrorCode.InternalError, "The check of the model failed by a fault of ours.");
            }

            return answer.Refusal?.ToException() is { } refusal && refusal.IsStorageFault() ? throw refusal : answer;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw CheckDeath.TooLong(seconds);
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
            slots.Release();
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }
}
