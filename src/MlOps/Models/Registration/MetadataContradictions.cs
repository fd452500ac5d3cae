namespace MlOps.Models.Registration;

/// <summary>Finds where the metadata contradicts itself, before any file is looked at.</summary>
internal static class MetadataContradictions
{
    public static void Find(ModelMetadata metadata, FaultList faults)
    {
        Threshold(metadata, faults);
        Task(metadata, faults);
        Names(metadata, faults);
    }

    private static void Threshold(ModelMetadata metadata, FaultList faults)
    {
        const string Pointer = "/metadata/threshold";
        if (metadata.Threshold is null)
        {
            return;
        }

        if (metadata.Outputs.Kind is ScoreKind.Margin or ScoreKind.Value)
        {
            faults.Add(Pointer, $"metadata/threshold is compared with a probability, and outputs.kind is \"{Word(metadata.Outputs.Kind.Value)}\": drop one of them.");
        }

        if (!metadata.Classes.IsDefault && metadata.Classes.Length != 2)
        {
            faults.Add(Pointer, $"metadata/threshold decides between two classes, and there are {metadata.Classes.Length}: drop it.");
        }

        if (metadata.Task is ModelTask.Regression or ModelTask.Anomaly)
        {
            faults.Add(Pointer, $"metadata/threshold decides between two classes, and task is \"{Word(metadata.Task.Value)}\": drop one of them.");
        }
    }

    private static void Task(ModelMetadata metadata, FaultList faults)
    {
        var (task, kind) = (metadata.Task, metadata.Outputs.Kind);
        var fits = (task, kind) switch
        {
            (null, _) or (_, null) => true,
            (ModelTask.Regression, ScoreKind.Value) => true,
            (ModelTask.Classification, not ScoreKind.Value) => true,
            (ModelTask.Anomaly, ScoreKind.Value or ScoreKind.Margin) => true,
            _ => false,
        };
        if (!fits)
        {
            faults.Add("/metadata/task", $"metadata/task \"{Word(task!.Value)}\" and outputs.kind \"{Word(kind!.Value)}\" contradict each other: drop one of them.");
        }

        var noClasses = task is ModelTask.Regression or ModelTask.Anomaly ? $"task \"{Word(task.Value)}\"" : kind == ScoreKind.Value ? "outputs.kind \"value\"" : null;
        if (noClasses is not null && !metadata.Classes.IsDefault)
        {
            faults.Add("/metadata/classes", $"metadata/classes belong to a classification, and {noClasses} says otherwise: drop one of them.");
        }

        if ((task == ModelTask.Regression || kind == ScoreKind.Value) && metadata.Outputs.Label is not null)
        {
            faults.Add("/metadata/outputs/label", "metadata/outputs/label belongs to a classification, and task or kind says otherwise: drop one of them.");
        }
    }

    private static void Names(ModelMetadata metadata, FaultList faults)
    {
        var claimed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in metadata.Inputs)
        {
            foreach (var name in entry.Features.Where(name => !claimed.Add(name)))
            {
                faults.Add(entry.Pointer, $"metadata/inputs names '{name}' twice: a feature feeds one column.");
            }
        }

        foreach (var constant in metadata.Constants)
        {
            if (metadata.Inputs.Any(entry => entry.Input == constant.Input))
            {
                faults.Add(constant.Pointer, $"The input '{constant.Input}' is in \"inputs\" and in \"constants\": it takes features or a fixed value, not both.");
            }
        }

        if (metadata.Target is { } target && (claimed.Contains(target) || metadata.Entry(target) is not null))
        {
            faults.Add("/metadata/target", $"'{target}' is the target and a feature: a model is not given what it predicts.");
        }

        if (metadata.Outputs.Label is { } label && !metadata.Outputs.Scores.IsDefault && metadata.Outputs.Scores.Contains(label))
        {
            faults.Add("/metadata/outputs", $"'{label}' is the label and a score: an output is one of them.");
        }
    }

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
