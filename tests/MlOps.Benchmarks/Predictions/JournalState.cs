using Microsoft.Extensions.DependencyInjection.Extensions;
using MlOps.InferenceLogs;

namespace MlOps.Benchmarks.Predictions;

/// <summary>How the journal of answers takes part in a measurement.</summary>
internal static class JournalState
{
    /// <summary>Variable of the silo's process.</summary>
    public const string Variable = "MLOPS_BENCHMARK_JOURNAL";

    /// <summary>Nothing is recorded: what predictions cost without it.</summary>
    public const string Off = "off";

    /// <summary>Everything is recorded, and nothing committed while it is measured.</summary>
    public const string Paused = "paused";

    /// <summary>As shipped.</summary>
    public const string Steady = "steady";

    public static (string Name, string Value)[] Environment(string state) => state switch
    {
        Paused => [(Variable, state), ("MLOPS__InferenceLogs__CommitSeconds", "60"), ("MLOPS__InferenceLogs__CommitBytes", "268435456")],
        Off or Steady => [(Variable, state)],
        _ => throw new ArgumentException($"--journal is {Off}, {Paused} or {Steady}, not '{state}'."),
    };

    public static void Apply(IServiceCollection services)
    {
        if (System.Environment.GetEnvironmentVariable(Variable) == Off)
        {
            services.RemoveAll<IInferenceJournal>();
            services.AddSingleton<IInferenceJournal, NoJournal>();
        }
    }

    private sealed class NoJournal : IInferenceJournal
    {
        public ValueTask<bool> Append(Memory<byte> frame) => ValueTask.FromResult(true);
    }
}
