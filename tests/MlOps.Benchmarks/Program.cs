using MlOps.Benchmarks.Models;
using MlOps.Benchmarks.Predictions;

return args switch
{
    ["predict", .. var options] => await PredictBenchmark.Run(options),
    ["baseline", .. var options] => await BaselineBenchmark.Run(options),
    ["silo", var folder, var url] => await SiloHostProcess.Run(folder, url),
    ["bare-handler", var model, var url] => await BareHandler.Run(model, url),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: dotnet run -c Release --project tests/MlOps.Benchmarks -- predict [--seconds 5] [--rounds 3] | baseline [--rows 5000000]");
    return 2;
}
