using System.Collections.Immutable;
using MlOps.Predictions;

namespace MlOps.Models.Registration;

/// <summary>Runs the examples of the metadata: a file that does not answer them as the trained model did is another model.</summary>
internal sealed class ExamplesCheck(ImmutableArray<ExampleEntry> examples, ModelSignature signature, RowFeeder feeder, GraphProbe probe, RowAnswers answers)
{
    private const double Tolerance = 1e-4;

    private readonly FaultList unfit = new();
    private readonly FaultList differing = new();

    /// <exception cref="MlOpsException"><see cref="ErrorCode.InvalidMetadata"/> for rows that may not be fed, <see cref="ErrorCode.ExamplesNotReproduced"/> with both values.</exception>
    public void Check()
    {
        var rows = examples.Select(Row).ToImmutableArray();
        unfit.Throw(ErrorCode.InvalidMetadata, "An example cannot be fed");
        foreach (var (example, row) in examples.Zip(rows))
        {
            Compare(example, row);
        }

        differing.Throw(ErrorCode.ExamplesNotReproduced, "The file does not answer the examples as the trained model did, so it is another model (exporters drop what they cannot write)");
    }

    private Scalar[] Row(ExampleEntry example)
    {
        var names = signature.Features.Select(feature => feature.Name).ToList();
        var row = new Scalar[names.Count];
        foreach (var (name, value) in example.Inputs)
        {
            var feature = names.IndexOf(name);
            if (feature < 0)
            {
                unfit.Add($"{example.Pointer}/inputs/{FaultList.Escape(name)}", $"'{name}' is no feature of the model: {NearestName.Propose(name, names)}");
            }
            else
            {
                row[feature] = value;
            }
        }

        if (feeder.Fault(row) is { } fault)
        {
            unfit.Add($"{example.Pointer}/inputs", $"examples[{example.Index}]: {fault}");
        }

        return row;
    }

    private void Compare(ExampleEntry example, Scalar[] row)
    {
        try
        {
            // Alone: what an example says must not depend on the others.
            if (answers.Read(probe.Run([row]), 1)[0] is { } prediction)
            {
                Compare(example, prediction);
            }
            else
            {
                Differs(example, "the prediction", "NaN or infinity", Wanted(example));
            }
        }
        catch (ModelRunException exception)
        {
            Differs(example, "the prediction", $"an error ({exception.Message})", Wanted(example));
        }
    }

    private void Compare(ExampleEntry example, Prediction prediction)
    {
        if (example.Prediction is { } expected)
        {
            if (signature.Output.Task == ModelTask.Regression)
            {
                var value = prediction.Value!.Value;
                if (expected.Kind is ScalarKind.Text || !IsClose(value, expected.AsNumber!.Value))
                {
                    Differs(example, "the prediction", Written(value), expected.Kind == ScalarKind.Text ? $"'{expected}', which is no number" : expected.ToString());
                }
            }
            else
            {
                var match = new ClassMatch(signature.Output.Classes, signature.Output.GraphLabels).Find(expected.ToString());
                if (match < 0 || signature.Output.Classes[match] != prediction.Label)
                {
                    Differs(example, "the prediction", $"'{prediction.Label}'", $"'{expected}'{(match < 0 ? ", which is none of the classes" : "")}");
                }
            }
        }

        foreach (var (name, expectedShare) in example.Probabilities)
        {
            var index = new ClassMatch(signature.Output.Classes, signature.Output.GraphLabels).Find(name);
            if (index < 0 || prediction.Probabilities.IsDefault)
            {
                Differs(example, $"the probability of '{name}'", prediction.Probabilities.IsDefault ? "no probabilities" : "no such class", Written(expectedShare));
            }
            else if (!IsClose(prediction.Probabilities[index], expectedShare))
            {
                Differs(example, $"the probability of '{name}'", Written(prediction.Probabilities[index]), Written(expectedShare));
            }
        }
    }

    private void Differs(ExampleEntry example, string what, string got, string wanted) =>
        differing.Add(example.Pointer, $"examples[{example.Index}]: {what} is {got} by the file and {wanted} by the example.");

    private static string Wanted(ExampleEntry example) => example.Prediction?.ToString() ?? "another";

    private static string Written(double value) => Scalar.Of(value).ToString();

    private static bool IsClose(double value, double expected) => Math.Abs(value - expected) <= Tolerance * Math.Max(1, Math.Abs(expected));
}
