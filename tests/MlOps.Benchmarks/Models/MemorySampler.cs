using System.Globalization;

namespace MlOps.Benchmarks.Models;

/// <summary>Resident memory of a process and its children while something happens: the most of each, and of all together.</summary>
internal sealed class MemorySampler : IAsyncDisposable
{
    private readonly CancellationTokenSource over = new();
    private readonly Task sampling;

    public MemorySampler(int process)
    {
        Resting = Resident(process);
        sampling = Sample(process);
    }

    /// <summary>Of the process before, in bytes.</summary>
    public long Resting { get; }

    public long Process { get; private set; }

    public long Children { get; private set; }

    /// <summary>Of all together, above what the process took before.</summary>
    public long Growth { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync();
        await sampling;
        over.Dispose();
    }

    private async Task Sample(int process)
    {
        while (!over.IsCancellationRequested)
        {
            var own = Resident(process);
            var children = ChildrenOf(process).Sum(Resident);
            Process = Math.Max(Process, own);
            Children = Math.Max(Children, children);
            Growth = Math.Max(Growth, own + children - Resting);
            await Task.WhenAny(Task.Delay(50, over.Token));
        }
    }

    private static long Resident(int process)
    {
        var pages = Read($"/proc/{process}/statm").Split(' ');
        return pages.Length > 1 ? long.Parse(pages[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize : 0;
    }

    private static IEnumerable<int> ChildrenOf(int process)
    {
        var tasks = $"/proc/{process}/task";
        return Directory.Exists(tasks)
            ? Directory.EnumerateDirectories(tasks).SelectMany(task => Read($"{task}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(id => int.Parse(id, CultureInfo.InvariantCulture))
            : [];
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            // The process has ended.
            return "";
        }
    }
}
