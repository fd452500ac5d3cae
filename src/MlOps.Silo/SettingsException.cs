namespace MlOps;

/// <summary>Settings that the process cannot start with; every fault found.</summary>
internal sealed class SettingsException(IReadOnlyCollection<string> faults) : Exception(string.Join(Environment.NewLine, faults));
