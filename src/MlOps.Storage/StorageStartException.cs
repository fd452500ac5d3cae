namespace MlOps;

/// <summary>Why this process cannot start on its data folder. The message says it all, and what to do; a stack trace would add nothing.</summary>
public sealed class StorageStartException(string message, Exception? inner = null) : Exception(message, inner);
