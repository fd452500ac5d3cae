using MlOps;

if (args is not [var folder])
{
    Console.Error.WriteLine("usage: dotnet run --project src/MlOps.Samples -- <folder>   (writes the demo's two models there, with their rows and metadata)");
    return 2;
}

Directory.CreateDirectory(folder);
FraudModel.Write(folder, "fraud-2025-10", seed: 20251, later: false, trees: 40, trainedAt: "2025-10-31T00:00:00Z");
FraudModel.Write(folder, "fraud-2025-11", seed: 20252, later: true, trees: 80, trainedAt: "2025-11-30T00:00:00Z");
return 0;
