using Microsoft.Extensions.Time.Testing;
using MlOps.Deployments;
using MlOps.InferenceLogs;
using MlOps.Models;
using MlOps.Projects;
using MlOps.Sql;

namespace MlOps.Tests.InferenceLogs;

/// <summary>The inference log over one database.</summary>
/// <param name="forbid">Makes the database refuse rows with the external id "13".</param>
internal sealed class CommittedLog(ILogDatabase database, Statement forbid, IDisposable owner) : IDisposable
{
    public FakeTimeProvider Time { get; } = new(Samples.Now);

    public ILogDatabase Database => database;

    public IInferenceStore Store => field ??= new InferenceStore(database, Time);

    public IInferenceReader Reader { get; } = new InferenceReader(database);

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public Task Forbid13() => database.Write(session => session.Execute(forbid), Token);

    public async Task<long> Count(Statement from) => await database.Read(session => session.Number($"select count(*) from {from}"), Token) ?? 0;

    public async Task Commit(InferenceCommit commit) => Assert.True(await Store.Commit(commit, Token));

    /// <summary>All rows of a deployment, the newest first.</summary>
    public async Task<List<LogItem>> Rows(DeploymentId deployment) =>
        [.. (await Reader.Page(deployment, new(LogRange.All), LogOrder.NewestFirst, new(10_000, 0), Token)).Items];

    public static LoggedDeployment Deployment(bool countsClasses = true, ProjectId? project = null) =>
        new(DeploymentId.New(Samples.Now), project ?? ProjectId.New(Samples.Now), ModelId.New(Samples.Now), countsClasses);

    public void Dispose() => owner.Dispose();
}
