using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace MlOps.Postgres;

/// <summary>Holds the start of the process until the database answers, and ends it when the schema is not one that this program serves.</summary>
/// <param name="newest">The number of this program's last script.</param>
internal sealed partial class PostgresStart(NpgsqlDataSource source, int newest, TimeProvider time, ILogger<PostgresStart> logger) : IHostedLifecycleService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var waiting = false;
        while (true)
        {
            try
            {
                await using var connection = await source.OpenConnectionAsync(cancellationToken);
                PostgresSchema.CheckServable(await PostgresSchema.Version(connection, cancellationToken), newest);
                return;
            }
            catch (NpgsqlException cause) when (PostgresFaults.Passes(cause))
            {
                if (!waiting)
                {
                    LogWaiting(cause.Message);
                    waiting = true;
                }
            }
            catch (NpgsqlException cause)
            {
                throw new StorageStartException(
                    $"PostgreSQL refuses this process: {cause.Message} Check Storage:Postgres (MLOPS__Storage__Postgres), and that its role may read and write the tables.",
                    cause);
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Waiting for the database: {Cause}")]
    private partial void LogWaiting(string cause);
}
