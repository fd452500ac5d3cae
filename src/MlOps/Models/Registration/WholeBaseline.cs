namespace MlOps.Models.Registration;

/// <summary>
/// Settles a model that was registered from the first rows of a large baseline, once a job has understood it from all of them, by the same rules. What more rows
/// can add is taken over: missing values make a feature nullable, further levels belong to its domain, and the bins are there. What they contradict fails the
/// baseline with words, for the registration's answer said otherwise: then metadata must say what holds.
/// </summary>
public static class WholeBaseline
{
    /// <summary>The model as it is from now on.</summary>
    /// <param name="registered">As its registration answered.</param>
    /// <param name="whole">As it is understood from all rows.</param>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.InvalidBaseline"/>: the first rows said something else.</exception>
    public static RegisteredModel Settle(RegisteredModel registered, CheckedModel whole)
    {
        var (before, after) = (registered.Signature, whole.Signature);
        var faults = new FaultList();
        if (!before.Features.Select(feature => feature.Name).SequenceEqual(after.Features.Select(feature => feature.Name), StringComparer.Ordinal))
        {
            faults.Add("/baseline", "All rows give other features than the first ones: list them in metadata.features.");
            faults.Throw(ErrorCode.InvalidBaseline, Summary);
        }

        foreach (var (first, all) in before.Features.Zip(after.Features))
        {
            if (first.Type != all.Type)
            {
                faults.Add(
                    $"/baseline/{FaultList.Escape(first.Name)}",
                    $"'{first.Name}' is {Word(first.Type)} by the first rows and {Word(all.Type)} by all of them: say its \"dtype\" in metadata.features.");
            }
        }

        var (was, now) = (before.Output, after.Output);
        Same("task", Word(was.Task), Word(now.Task), "\"task\"");
        Same("kind of scores", Word(was.Kind), Word(now.Kind), "\"outputs\": {\"kind\": …}");
        Same("classes", string.Join(", ", was.Classes), string.Join(", ", now.Classes), "\"classes\"");
        Same("labels", string.Join(", ", was.GraphLabels), string.Join(", ", now.GraphLabels), "\"classes\"");
        faults.Throw(ErrorCode.InvalidBaseline, Summary);
        var baseline = whole.Baseline ?? throw new ArgumentException("All rows give a baseline.", nameof(whole));
        return registered with
        {
            Signature = after,
            Baseline = baseline,
            Basis = whole.Contributions,
            ExampleRequest = whole.ExampleRequest,
            Preview = whole.Preview,
            Warnings = whole.Warnings,
        };

        void Same(string what, string first, string all, string line)
        {
            if (first != all)
            {
                faults.Add("/baseline", $"The {what} are {Listed(first)} by the first rows and {Listed(all)} by all of them: say {line} in metadata.");
            }
        }
    }

    private const string Summary = "All rows of the baseline contradict what its first rows said of the model. Register it again with metadata that settles it";

    private static string Listed(string text) => text.Length == 0 ? "none" : text.Length > 200 ? text[..200] + "…" : text;

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
