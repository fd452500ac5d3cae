using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using MlOps.Access;
using MlOps.Deployments;
using MlOps.Drift;
using MlOps.Errors;
using MlOps.Health;
using MlOps.InferenceLogs;
using MlOps.Jobs;
using MlOps.Metrics;
using MlOps.Models;
using MlOps.OpenApi;
using MlOps.Predictions;
using MlOps.Projects;
using MlOps.Requests;
using MlOps.Telemetry;

namespace MlOps;

/// <summary>Adds HTTP to a host: the REST API, health, the OpenAPI document and its page.</summary>
public static class WebExtensions
{
    private const int LongestRequestLine = 64 * 1024;
    private const int LongestHeaders = 128 * 1024;
    private const int MostHeaders = 1000;

    /// <param name="services">Has every port of MlOps, the grain factory, a <see cref="TimeProvider"/> and the options, bound to their sections.</param>
    /// <param name="alone">No other silo can take over this one's traffic: stopping does not wait for load balancers.</param>
    public static IServiceCollection AddMlOpsWeb(this IServiceCollection services, bool alone)
    {
        services.AddRoutingCore();
        services.AddExceptionHandler<ErrorResponses>();
        services.AddSingleton(new DrainMode(alone));
        services.AddSingleton<Drain>();
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<Drain>());
        services.AddSingleton<IdempotentCalls>();
        services.AddSingleton<IEndpoints, ApiKeyEndpoints>();
        services.AddSingleton<IEndpoints, ProjectEndpoints>();
        services.AddSingleton<IEndpoints, ModelEndpoints>();
        services.AddSingleton<UploadTurns>();
        services.AddSingleton<IEndpoints, RegistrationEndpoint>();
        services.AddSingleton<IEndpoints, BaselineEndpoint>();
        services.AddSingleton<IEndpoints, JobEndpoints>();
        services.AddSingleton<IEndpoints, DeploymentEndpoints>();
        services.AddSingleton<RefusedRequests>();
        services.AddSingleton<IEndpoints, PredictionEndpoints>();
        services.AddSingleton<IEndpoints, FeedbackEndpoints>();
        services.AddSingleton<IEndpoints, LogEndpoints>();
        services.AddSingleton<IEndpoints, DriftEndpoints>();
        services.AddSingleton<IEndpoints, MetricsEndpoints>();
        services.AddSingleton<IEndpoints, HealthEndpoints>();
        services.AddSingleton<IEndpoints, MetricsEndpoint>();
        services.AddTelemetry();

        // Every endpoint limits its own body, and says so in its refusal: the server's one limit for all would end the connection instead.
        services.Configure<KestrelServerOptions>(server =>
        {
            server.AddServerHeader = false;
            server.Limits.MaxRequestBodySize = null;
            // Heads are bounded generously for the same reason: what is too long for us is told why; the server's own refusal says nothing.
            server.Limits.MaxRequestLineSize = LongestRequestLine;
            server.Limits.MaxRequestHeadersTotalSize = LongestHeaders;
            server.Limits.MaxRequestHeaderCount = MostHeaders;
            // A header that is no UTF-8 is refused by whoever reads it, with a problem that names it, not by the server without a word.
            server.RequestHeaderEncodingSelector = static _ => Encoding.Latin1;
        });
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<HttpOptions>>((server, http) => server.Limits.MaxConcurrentConnections = http.Value.MaxConnections);
        return services;
    }

    /// <summary>Maps every endpoint, and listens on <see cref="HttpOptions.Url"/> unless the host was told another address.</summary>
    public static WebApplication MapMlOps(this WebApplication app)
    {
        var options = app.Services.GetRequiredService<IOptions<HttpOptions>>().Value;
        if (app.Urls.Count == 0)
        {
            app.Urls.Add(options.Url);
        }

        var drain = app.Services.GetRequiredService<Drain>();
        app.Use(next => context => drain.CloseConnections(context, next));
        app.UseExceptionHandler(_ => { });
        app.UseRouting();
        app.Use(next => new KeyCheck(app.Services.GetRequiredService<IKeyRing>(), next).Invoke);
        var instruments = app.Services.GetRequiredService<HttpInstruments>();
        app.Use(next => new UnroutedRequests(instruments, next).Invoke);
        var routes = new Routes(app, instruments, app.Services.GetRequiredService<TimeProvider>(), TimeSpan.FromSeconds(options.TimeoutSeconds), options.MaxCallsInFlight);
        foreach (var endpoints in app.Services.GetServices<IEndpoints>())
        {
            endpoints.Map(routes);
        }

        app.MapDocument();
        return app;
    }
}
