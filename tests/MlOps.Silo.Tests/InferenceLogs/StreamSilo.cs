using System.Diagnostics.Metrics;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using MlOps.InferenceLogs;
using MlOps.Tests.Postgres;

namespace MlOps.Tests.InferenceLogs;

/// <summary>A whole silo in this process on a data folder that outlives it. What its journal is committed to may be changed by the test.</summary>
internal sealed class StreamSilo : IAsyncDisposable
{
    private readonly WebApplication app;

    private StreamSilo(WebApplication app, string data)
    {
        this.app = app;
        Client = new() { BaseAddress = new(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First()) };
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", File.ReadAllText(Path.Combine(data, "admin.key")).Trim());
    }

    public HttpClient Client { get; }

    public IJournalState Journal => app.Services.GetRequiredService<IJournalState>();

    public InferenceRecorder Recorder => app.Services.GetRequiredService<InferenceRecorder>();

    /// <summary>Whose meters are this silo's.</summary>
    public IMeterFactory Meters => app.Services.GetRequiredService<IMeterFactory>();

    public IInferenceStore Store => app.Services.GetRequiredService<IInferenceStore>();

    /// <summary>Starts one; data lie in the folder's sub-folder <c>data</c>.</summary>
    /// <param name="change">Puts something before the store.</param>
    public static async Task<StreamSilo> Start(string folder, Func<IInferenceStore, IInferenceStore>? change = null, params (string Name, string Value)[] settings)
    {
        var data = Path.Combine(folder, "data");
        var configuration = new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "silo.json"))
            .AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["Http:Url"] = "http://127.0.0.1:0",
                ["Storage:Data"] = data,
                ["Logging:LogLevel:Default"] = "None",
                ["Logging:LogLevel:Orleans"] = "None",
            })
            .AddInMemoryCollection((await ChosenDatabase.Of(folder)).Settings)
            .AddInMemoryCollection(settings.ToDictionary(one => one.Name, one => (string?)one.Value))
            .Build();
        var app = SiloHost.Build(SiloConfiguration.Checked(configuration), TextWriter.Null, services =>
        {
            if (change is not null)
            {
                var real = services.Last(service => service.ServiceType == typeof(IInferenceStore)).ImplementationType!;
                services.RemoveAll<IInferenceStore>();
                services.AddSingleton(provider => change((IInferenceStore)ActivatorUtilities.CreateInstance(provider, real)));
            }
        });
        await app.StartAsync();
        return new(app, data);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
    }
}
