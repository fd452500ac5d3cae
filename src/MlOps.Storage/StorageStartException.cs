namespace MlOps;

/// <summary>Why this process cannot start on its data folder. The message says it all, and what to do; a stack trace would add nothing.</summary>
public sealed class StorageStartException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>For a file or folder that cannot be written.</summary>
    public static StorageStartException Of(string path, Exception cause) => new(
        StorageFault.IsFull(cause)
            ? $"The disk of {path} is full. Free space on it, or choose another data folder with MLOPS__Storage__Data."
            : $"{path} cannot be used: {cause.Message} Make it writable for this user, or choose another data folder with MLOPS__Storage__Data.",
        cause);
}
