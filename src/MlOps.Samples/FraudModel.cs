using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Models;
using MlOps.Models.Registration;

namespace MlOps;

/// <summary>Trains one of the demo's models and writes what its registration takes: file, baseline, reference, metadata.</summary>
internal static class FraudModel
{
    private const int Rows = 20_000;
    private const int HeldOut = 5_000;
    private const int Checked = 10_000;
    private const string Parameters =
        "objective=binary num_leaves=15 learning_rate=0.06 min_data_in_leaf=40 num_threads=1 deterministic=true force_row_wise=true seed=7 verbosity=-1";

    private static readonly string[] Features = ["amount", "merchant_id", "hour"];

    public static void Write(string folder, string name, int seed, bool later, int trees, string trainedAt)
    {
        var training = new CardPayments(seed, later).Take(Rows).ToList();
        var heldOut = new CardPayments(seed + 1000, later).Take(HeldOut).ToList();
        var control = new CardPayments(seed + 2000, later).Take(Checked).ToList();
        using var trained = LightGbm.Train(Matrix(training), [.. training.Select(payment => payment.IsFraud ? 1f : 0f)], Features.Length, trees, Parameters);
        var probabilities = trained.Predict(Matrix(control));
        var onnx = TreeClassifierWriter.Write(LightGbmTree.Parse(trained.Text), Features.Length);
        var path = Path.Combine(folder, $"{name}.onnx");
        File.WriteAllBytes(path, onnx);
        var worst = Compare(path, control, probabilities);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {onnx.Length} bytes, {trees} trees, differs from LightGBM by at most {worst:E1} on {Checked} rows"));
        if (worst > 1e-5)
        {
            throw new InvalidOperationException("The ONNX file does not answer as LightGBM does.");
        }

        File.WriteAllText(Path.Combine(folder, $"{name}.baseline.csv"), Csv(training));
        File.WriteAllText(Path.Combine(folder, $"{name}.reference.csv"), Csv(heldOut));
        File.WriteAllText(Path.Combine(folder, $"{name}.json"), Metadata(name, trainedAt, control, probabilities).ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
    }

    // Narrowed to what the graph takes before training: a threshold between a double and its 32-bit neighbour would split them differently.
    private static double[] Matrix(List<CardPayment> payments) => [.. payments.SelectMany(payment => new double[] { (float)payment.Amount, payment.MerchantId, payment.Hour })];

    private static double Compare(string path, List<CardPayment> payments, double[] expected)
    {
        var scratch = Directory.CreateTempSubdirectory("mlops-samples-").FullName;
        using var file = OnnxModelFile.Open(path, [], scratch, out _);
        float[] rows = [.. Matrix(payments).Select(value => (float)value)];
        var answers = file.Run([new Tensor("X", ElementType.Float, [payments.Count, Features.Length], rows)]);
        var answered = (float[])answers[1].Values;
        Directory.Delete(scratch, recursive: true);
        return expected.Select((probability, row) => Math.Abs(probability - answered[(2 * row) + 1])).Max();
    }

    private static string Csv(List<CardPayment> payments)
    {
        var csv = new StringBuilder("amount,merchant_id,hour,is_fraud\n");
        foreach (var payment in payments)
        {
            csv.Append(CultureInfo.InvariantCulture, $"{payment.Amount},{payment.MerchantId},{payment.Hour},{(payment.IsFraud ? 1 : 0)}\n");
        }

        return csv.ToString();
    }

    private static JsonObject Metadata(string name, string trainedAt, List<CardPayment> control, double[] probabilities) => new()
    {
        ["name"] = name,
        ["task"] = "classification",
        ["target"] = "is_fraud",
        ["trained_at"] = trainedAt,
        ["version"] = trainedAt[..7],
        ["features"] = new JsonArray([.. Features.Select(feature => new JsonObject { ["name"] = feature, ["dtype"] = "numeric", ["nullable"] = false })]),
        ["metrics"] = new JsonObject { ["auc"] = Math.Round(Auc(control, probabilities), 4), ["logloss"] = Math.Round(LogLoss(control, probabilities), 4) },
        ["examples"] = new JsonArray([.. control.Take(5).Select((payment, row) => new JsonObject
        {
            ["inputs"] = new JsonObject { ["amount"] = payment.Amount, ["merchant_id"] = payment.MerchantId, ["hour"] = payment.Hour },
            ["prediction"] = probabilities[row] > 0.5 ? "1" : "0",
            ["probabilities"] = new JsonObject { ["0"] = 1 - probabilities[row], ["1"] = probabilities[row] },
        })]),
    };

    private static double LogLoss(List<CardPayment> payments, double[] probabilities) =>
        payments.Zip(probabilities, (payment, probability) => -Math.Log(payment.IsFraud ? probability : 1 - probability)).Average();

    // The share of pairs of a fraud and a good payment in which the fraud has the larger score; ties count half.
    private static double Auc(List<CardPayment> payments, double[] probabilities)
    {
        var ranked = payments.Zip(probabilities).OrderBy(pair => pair.Second).ToList();
        double rankSum = 0;
        for (var from = 0; from < ranked.Count;)
        {
            var to = from;
            while (to < ranked.Count && ranked[to].Second == ranked[from].Second)
            {
                to++;
            }

            rankSum += ranked.Skip(from).Take(to - from).Count(pair => pair.First.IsFraud) * ((from + to + 1) / 2.0);
            from = to;
        }

        double frauds = payments.Count(payment => payment.IsFraud);
        return (rankSum - (frauds * (frauds + 1) / 2)) / (frauds * (payments.Count - frauds));
    }
}
