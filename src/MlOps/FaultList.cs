namespace MlOps;

/// <summary>Every fault of a request, the first hundred of them.</summary>
public sealed class FaultList
{
    private const int Most = 100;

    private List<Fault>? faults;

    public int Count => faults?.Count ?? 0;

    /// <param name="pointer">RFC 6901, unescaped names are escaped here only where they hold <c>~</c>.</param>
    public void Add(string pointer, string detail)
    {
        faults ??= [];
        if (faults.Count < Most)
        {
            faults.Add(new Fault(pointer, detail));
        }
    }

    public Fault First() => faults![0];

    /// <summary>Whether no further fault would be answered.</summary>
    public bool IsFull => Count == Most;

    /// <summary>Refuses the request when there is a fault; the first one is named in the detail.</summary>
    public void Throw(ErrorCode code, string summary)
    {
        if (faults is not null)
        {
            throw new MlOpsException(code, $"{summary}: {faults[0].Detail}{(faults.Count > 1 ? $" ({faults.Count} faults in all)" : "")}", [.. faults]);
        }
    }

    /// <summary>One part of a pointer, escaped.</summary>
    public static string Escape(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
