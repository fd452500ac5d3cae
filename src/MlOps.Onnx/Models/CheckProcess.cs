using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace MlOps.Models;

/// <summary>One child process, from its start to its answer or end.</summary>
internal static class CheckProcess
{
    /// <summary>Begins a line that tells progress; the answer is a line of its own.</summary>
    public const string ProgressMark = "progress ";

    private const int PrintedKept = 16_384;

    /// <param name="progress">Told the share of the work that is done.</param>
    /// <returns>The child's answer.</returns>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.InvalidModel"/>: the child ended without one.</exception>
    /// <exception cref="OperationCanceledException">The token ended it.</exception>
    public static async Task<CheckAnswer> Ask(IReadOnlyList<string> command, CheckRequest request, Action<double>? progress, CancellationToken limit)
    {
        using var process = Process.Start(StartInfo(command, request)) ?? throw new InvalidOperationException("The process that checks models could not be started.");
        var printed = Tail(process.StandardError.BaseStream);
        try
        {
            var answer = Answer(process.StandardOutput, progress, limit);
            await Send(process, request);
            var json = await answer;
            await process.WaitForExitAsync(limit);
            return process.ExitCode == 0 && json.Length > 0
                ? ExactJson.Read<CheckAnswer>(json)
                : throw CheckDeath.Explain(process.ExitCode, await printed, request.Seconds);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync(CancellationToken.None);
            }

            await printed;
        }
    }

    private static async Task<string> Answer(StreamReader output, Action<double>? progress, CancellationToken limit)
    {
        var answer = "";
        while (await output.ReadLineAsync(limit) is { } line)
        {
            if (!line.StartsWith(ProgressMark, StringComparison.Ordinal))
            {
                answer = line;
            }
            else if (double.TryParse(line.AsSpan(ProgressMark.Length), CultureInfo.InvariantCulture, out var share))
            {
                progress?.Invoke(share);
            }
        }

        return answer;
    }

    // Standard input stays open: its end tells the child that nobody waits any more.
    private static async Task Send(Process process, CheckRequest request)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(Encoding.UTF8.GetBytes(ExactJson.Write(request) + "\n"));
            await process.StandardInput.BaseStream.FlushAsync();
        }
        catch (IOException)
        {
            // It is gone already: its exit code says why.
        }
    }

    private static ProcessStartInfo StartInfo(IReadOnlyList<string> command, CheckRequest request)
    {
        var start = new ProcessStartInfo(command[0], [.. command.Skip(1), .. ModelCheckCommand.ChildArguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        foreach (var secret in start.Environment.Keys.Where(name => name.StartsWith("MLOPS", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(secret);
        }

        start.Environment["DOTNET_GCHeapHardLimit"] = (request.RowsMemoryBytes ?? request.MemoryBytes / 2).ToString("X", CultureInfo.InvariantCulture);
        start.Environment["DOTNET_gcConcurrent"] = "0";
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        start.Environment["ORT_DISABLE_TELEMETRY"] = "1";
        return start;
    }

    // Read to the end, so that a full pipe never blocks the child; the last of it is kept, to tell how a process died. It is never answered.
    private static async Task<string> Tail(Stream stream)
    {
        var kept = new byte[PrintedKept];
        var length = 0;
        for (int read; (read = await stream.ReadAsync(kept.AsMemory(length))) > 0;)
        {
            length += read;
            if (length == kept.Length)
            {
                kept.AsSpan(length / 2).CopyTo(kept);
                length /= 2;
            }
        }

        return Encoding.UTF8.GetString(kept, 0, length);
    }
}
