using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using MlOps.InferenceLogs;

namespace MlOps.Tests.InferenceLogs;

/// <summary>A silo that answers first and records afterwards, as a process of its own: what the check of the killed stream must find.</summary>
internal static class LateJournal
{
    public static async Task<int> Serve()
    {
        await using var app = SiloHost.Build(SiloConfiguration.Load(), Console.Out, services =>
        {
            var real = services.Last(service => service.ServiceType == typeof(IInferenceJournal));
            services.RemoveAll<IInferenceJournal>();
            services.AddSingleton<IInferenceJournal>(provider => new Late((IInferenceJournal)real.ImplementationFactory!(provider)));
        });
        await app.RunAsync();
        return 0;
    }

    private sealed class Late(IInferenceJournal journal) : IInferenceJournal
    {
        private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(100);

        public ValueTask<bool> Append(Memory<byte> frame)
        {
            _ = Later(frame.ToArray());
            return ValueTask.FromResult(true);
        }

        private async Task Later(byte[] frame)
        {
            await Task.Delay(Delay);
            await journal.Append(frame);
        }
    }
}
