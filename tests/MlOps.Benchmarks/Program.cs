using MlOps.Benchmarks.Predictions;

return args switch
{
    ["predict", .. var options] => await PredictBenchmark.Run(options),
    ["silo", var folder, var url] => await SiloHostProcess.Run(folder, url),
    ["bare-handler", var model, var url] => await BareHandler.Run(model, url),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: dotnet run -c Release --project tests/MlOps.Benchmarks -- predict [--seconds 2] [--rounds 10] [--warm 10] [--only 1..4]");
    return 2;
}
