using MlOps.InferenceLogs;

namespace MlOps.Tests.InferenceLogs;

/// <summary>A journal that keeps what is appended in memory.</summary>
internal sealed class KeptJournal : IInferenceJournal
{
    public List<byte[]> Payloads { get; } = [];

    public bool IsFull { get; set; }

    public ValueTask<bool> Append(Memory<byte> frame)
    {
        if (!IsFull)
        {
            Payloads.Add(frame[IInferenceJournal.HeadBytes..].ToArray());
        }

        return ValueTask.FromResult(!IsFull);
    }
}
