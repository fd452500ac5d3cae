using Microsoft.Extensions.Logging;

namespace MlOps.Jobs;

internal sealed partial class JobRunner
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Job {Job} ({Type}) begins, for the {Starts}. time")]
    private partial void LogBegun(JobId job, string type, int starts);

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {Job} has ended")]
    private partial void LogEnded(JobId job);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {Job} failed: {Reason}")]
    private partial void LogRefused(JobId job, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {Job} is left: it was deleted, another silo took it, or this one stops")]
    private partial void LogLeft(JobId job);

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {Job} failed by a fault of ours")]
    private partial void LogFault(JobId job, Exception fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The catalogue did not answer about jobs; it is asked again")]
    private partial void LogStore(Exception failure);
}
