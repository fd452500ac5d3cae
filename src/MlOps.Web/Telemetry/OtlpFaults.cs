using System.Diagnostics.Tracing;

namespace MlOps.Telemetry;

/// <summary>
/// Why an export failed: the library says so to listeners of its event source alone, on the thread that exports. Only the first warning of one export is kept, cut
/// short; it quotes the collector's address and answer, never a header.
/// </summary>
internal sealed class OtlpFaults : EventListener
{
    private const string Source = "OpenTelemetry-Exporter-OpenTelemetryProtocol";
    private const int Longest = 300;

    private int thread;
    private string? first;

    /// <summary>An export begins on this thread.</summary>
    public void Listen() => (first, thread) = (null, Environment.CurrentManagedThreadId);

    /// <summary>What has gone wrong since; null when nothing has, or nothing was said.</summary>
    public string? Heard()
    {
        thread = 0;
        return first;
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == Source)
        {
            EnableEvents(eventSource, EventLevel.Warning);
        }
    }

    // A process may have several exporters, and each hears all.
    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (thread == Environment.CurrentManagedThreadId)
        {
            first ??= string.Join("; ", (eventData.Payload ?? []).OfType<string>().Select(Line).Where(line => line.Length > 0));
        }
    }

    // Of exceptions what they say, without where they were thrown.
    private static string Line(string text)
    {
        var line = text.AsSpan().Trim();
        var end = line.IndexOfAny('\r', '\n');
        line = end < 0 ? line : line[..end];
        return line.Length > Longest ? $"{line[..Longest]}…" : line.ToString();
    }
}
