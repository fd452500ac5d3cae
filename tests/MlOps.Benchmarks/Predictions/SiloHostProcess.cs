using MlOps.Predictions;

namespace MlOps.Benchmarks.Predictions;

/// <summary>The silo as shipped, in a process of its own, with two more paths: GET /allocated tells the bytes that the process has allocated, GET /accounted those that it counts for models.</summary>
internal static class SiloHostProcess
{
    public static async Task<int> Run(string folder, string url)
    {
        var settings = new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "silo.json"))
            .AddEnvironmentVariables("MLOPS__")
            .AddInMemoryCollection([new("Http:Url", url), new("Storage:Data", Path.Combine(folder, "data")), new("Logging:LogLevel:Default", "Warning")])
            .Build();
        await using var app = SiloHost.Build(SiloConfiguration.Checked(settings), TextWriter.Null, JournalState.Apply);
        app.MapGet("/allocated", (HttpContext context) =>
            context.Response.WriteAsync(GC.GetTotalAllocatedBytes(precise: true).ToString(System.Globalization.CultureInfo.InvariantCulture)));
        app.MapGet("/accounted", (HttpContext context) =>
            context.Response.WriteAsync(context.RequestServices.GetRequiredService<ModelMemory>().Accounted.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        await app.RunAsync();
        return 0;
    }
}
