using MlOps.Benchmarks.Contributions;
using MlOps.Benchmarks.InferenceLogs;
using MlOps.Benchmarks.Models;
using MlOps.Benchmarks.Predictions;

return args switch
{
    ["predict", .. var options] => await PredictBenchmark.Run(options),
    ["density", .. var options] => await DensityBenchmark.Run(options),
    ["overload", .. var options] => await OverloadBenchmark.Run(options),
    ["baseline", .. var options] => await BaselineBenchmark.Run(options),
    ["logs", .. var options] => await LogsBenchmark.Run(options),
    ["contributions", .. var options] => ContributionsBenchmark.Run(options),
    ["silo", var folder, var url] => await SiloHostProcess.Run(folder, url),
    ["bare-handler", var model, var url] => await BareHandler.Run(model, url),
    ["load", var url, var request, .. var options] => await LoadProcess.Run(url, request, options),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: dotnet run -c Release --project tests/MlOps.Benchmarks -- predict [--seconds 2] [--rounds 10] [--warm 10] [--only 1..4] [--journal off|paused|steady] [--beside <MlOps.Benchmarks.dll of another build>]");
    Console.Error.WriteLine("                                                               density [--models 2000] [--deployments 10000]");
    Console.Error.WriteLine("                                                               overload [--seconds 10]");
    Console.Error.WriteLine("                                                               baseline [--rows 5000000]");
    Console.Error.WriteLine("                                                               logs [--rows 1000000] [--postgres <connection string of an empty database>]");
    Console.Error.WriteLine("                                                               contributions [--seconds 1]");
    return 2;
}
