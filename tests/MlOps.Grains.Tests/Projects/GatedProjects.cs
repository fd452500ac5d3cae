using MlOps.Projects;

namespace MlOps.Tests.Projects;

/// <summary>The catalogue's projects, whose commits wait while the gate is closed.</summary>
internal sealed class GatedProjects : IDisposable
{
    private volatile TaskCompletionSource open = Opened();

    /// <summary>Released for each commit that waits.</summary>
    public SemaphoreSlim Committing { get; } = new(0);

    public IProjectStore Over(IProjectStore projects) => new Gated(this, projects);

    public void Close() => open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Open() => open.TrySetResult();

    public void Dispose() => Committing.Dispose();

    private static TaskCompletionSource Opened()
    {
        var opened = new TaskCompletionSource();
        opened.SetResult();
        return opened;
    }

    private sealed class Gated(GatedProjects gate, IProjectStore projects) : IProjectStore
    {
        public Task Create(Project project, IdempotencyEntry? idempotency, CancellationToken cancellation) => projects.Create(project, idempotency, cancellation);

        public Task<ProjectListing?> Find(ProjectId id, CancellationToken cancellation) => projects.Find(id, cancellation);

        public Task<Page<ProjectListing>> List(ProjectQuery query, PageRequest page, CancellationToken cancellation) => projects.List(query, page, cancellation);

        public Task<Project?> Update(ProjectId id, string name, string? description, CancellationToken cancellation) => projects.Update(id, name, description, cancellation);

        public Task<bool> Delete(ProjectId id, CancellationToken cancellation) => projects.Delete(id, cancellation);

        public Task<Page<TimelineEvent>> Timeline(ProjectId id, PageRequest page, CancellationToken cancellation) => projects.Timeline(id, page, cancellation);

        public Task<ProjectState?> Load(ProjectId id, CancellationToken cancellation) => projects.Load(id, cancellation);

        public async Task<bool> Commit(ProjectChange change, CancellationToken cancellation)
        {
            if (!gate.open.Task.IsCompleted)
            {
                gate.Committing.Release();
            }

            await gate.open.Task.WaitAsync(cancellation);
            return await projects.Commit(change, cancellation);
        }
    }
}
