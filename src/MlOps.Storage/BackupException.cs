namespace MlOps;

/// <summary>Why there is no backup. The message says it all, and what to do; nothing is left of the attempt.</summary>
public sealed class BackupException(string message, Exception? inner = null) : Exception(message, inner);
