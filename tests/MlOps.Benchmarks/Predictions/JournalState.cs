using Microsoft.Extensions.DependencyInjection.Extensions;
using MlOps.Deployments;
using MlOps.Drift;
using MlOps.InferenceLogs;
using MlOps.Projects;

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
        Off or Paused or Steady => [(Variable, state)],
        _ => throw new ArgumentException($"--journal is {Off}, {Paused} or {Steady}, not '{state}'."),
    };

    public static void Apply(IServiceCollection services)
    {
        var state = System.Environment.GetEnvironmentVariable(Variable);
        if (state == Off)
        {
            services.RemoveAll<IInferenceJournal>();
            services.AddSingleton<IInferenceJournal, NoJournal>();
        }
        else if (state == Paused)
        {
            services.RemoveAll<Committer>();
            services.AddSingleton(provider => ActivatorUtilities.CreateInstance<Committer>(provider, new WaitingStore(provider.GetRequiredService<IInferenceStore>())));
        }
    }

    private sealed class NoJournal : IInferenceJournal
    {
        public ValueTask<bool> Append(Memory<byte> frame) => ValueTask.FromResult(true);
    }

    /// <summary>A database that takes nothing until the process ends.</summary>
    private sealed class WaitingStore(IInferenceStore store) : IInferenceStore
    {
        public async Task<bool> Commit(InferenceCommit commit, CancellationToken cancellation)
        {
            await Task.Delay(Timeout.Infinite, cancellation);
            return false;
        }

        public Task<JournalPosition?> Position(Guid journal, CancellationToken cancellation) => store.Position(journal, cancellation);

        public Task<string?> Refusal(IReadOnlyList<LogRow> rows, CancellationToken cancellation) => store.Refusal(rows, cancellation);

        public Task<PredictionBins?> FirstAnswers(DeploymentId deployment, CancellationToken cancellation) => store.FirstAnswers(deployment, cancellation);

        public Task<IReadOnlyList<LoggedDeployment>> Deployments(ProjectId? project, CancellationToken cancellation) => store.Deployments(project, cancellation);

        public Task<bool> Forget(DeploymentId deployment, CancellationToken cancellation) => store.Forget(deployment, cancellation);

        public Task<bool> Retain(DateTimeOffset rows, DateTimeOffset windows, CancellationToken cancellation) => store.Retain(rows, windows, cancellation);
    }
}
