using System.Text.Json.Nodes;

namespace MlOps.Models.Registration;

/// <summary>Finds the rows on which a run fails, and in them the features and values that make it fail.</summary>
internal sealed class FailingRows(
    IModelFile file, ModelSignature signature, RowFeeder feeder, SampleRows sample, ModelMetadata metadata, BaselineTable? baseline, CancellationToken cancellation)
{
    private const int MostRows = 50;

    /// <summary>The refusal for a sample that the graph does not take.</summary>
    public MlOpsException Refusal(string message)
    {
        var (failing, good) = Split();
        var culprits = new SortedDictionary<int, Scalar>();
        foreach (var row in failing.Take(MostRows))
        {
            if ((good ?? Tamed(row)) is { } basis)
            {
                Blame(row, basis, culprits);
            }
        }

        return culprits.Count > 0 ? Named(culprits, message) : Unnamed(failing.Count, message);
    }

    private (List<Scalar[]> Failing, Scalar[]? Good) Split()
    {
        var failing = new List<Scalar[]>();
        Scalar[]? good = null;
        foreach (var row in sample.Rows.Take(sample.Different))
        {
            if (Runs(row))
            {
                good ??= row;
            }
            else
            {
                failing.Add(row);
            }
        }

        return (failing, good);
    }

    /// <summary>The row with its integers at 0, where that is what it takes.</summary>
    private Scalar[]? Tamed(Scalar[] row)
    {
        Scalar[] tamed = [.. row.Select((value, index) => IsInteger(index) && !signature.Features[index].IndexEncoded ? Scalar.Of(0L) : value)];
        return Runs(tamed) ? tamed : null;
    }

    private void Blame(Scalar[] row, Scalar[] basis, SortedDictionary<int, Scalar> culprits)
    {
        for (var index = 0; index < row.Length; index++)
        {
            if (culprits.ContainsKey(index) || row[index] == basis[index])
            {
                continue;
            }

            Scalar[] mixed = [.. basis];
            mixed[index] = row[index];
            if (!Runs(mixed))
            {
                culprits[index] = row[index];
            }
        }
    }

    private bool Runs(Scalar[] row)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            file.Run(feeder.Feed([row]));
            return true;
        }
        catch (ModelRunException)
        {
            return false;
        }
    }

    private MlOpsException Named(SortedDictionary<int, Scalar> culprits, string message)
    {
        var seen = string.Join(" ", culprits.Select(culprit => $"The graph fails when '{signature.Features[culprit.Key].Name}' is {Written(culprit.Value)}."));
        return Refuse($"{seen} The runtime says: {message}", culprits.Keys);
    }

    private MlOpsException Unnamed(int failing, string message) => Refuse(
        $"The graph fails on {(baseline is null ? "made-up rows" : $"{failing} of {sample.Different} rows of the baseline")}"
        + $"{(sample.Rows[0].Length <= 20 ? $", such as {string.Join(", ", signature.Features.Select((feature, index) => $"{feature.Name} = {Written(sample.Rows[0][index])}"))}" : "")}. The runtime says: {message}",
        Enumerable.Range(0, signature.Features.Length));

    private MlOpsException Refuse(string seen, IEnumerable<int> suspects)
    {
        var indices = new List<JsonObject>();
        var domains = new List<JsonObject>();
        foreach (var index in suspects)
        {
            var feature = signature.Features[index];
            var input = signature.Inputs[feature.Input];
            if (IsInteger(index) && !feature.IndexEncoded)
            {
                indices.Add(FeatureProposals.Index(feature.Name, metadata.Entry(feature.Name), baseline?.Find(feature.Name), input.Type));
            }
            else if (input.Type == ElementType.String && feature.Domain.IsDefault && baseline?.Find(feature.Name) is null)
            {
                var entry = metadata.Entry(feature.Name) is { } existing ? Proposal.Copy(existing) : Proposal.Feature(feature.Name, "categorical");
                entry["dtype"] = "categorical";
                entry["domain"] = Proposal.List(["<a value that it was trained with>", "<another>"]);
                domains.Add(entry);
            }
        }

        if (indices.Count > 0)
        {
            seen += $" If the graph takes positions (an embedding does: from 0, below the number of its levels), say so and each value is fed as its position: {Proposal.Features(metadata, indices)}. "
                + "It must be the trainer's own list: a level that the baseline lacks shifts all after it.";
        }

        if (domains.Count > 0)
        {
            seen += $" Without a baseline nothing is known of a text: name values that the model knows, {Proposal.Features(metadata, domains)}, or send a baseline.";
        }

        return new MlOpsException(ErrorCode.InvalidModel, seen, [new Fault(baseline is null ? "/file" : "/baseline", seen)]);
    }

    private bool IsInteger(int feature) => signature.Inputs[signature.Features[feature].Input].Type is ElementType.Int32 or ElementType.Int64;

    private static string Written(Scalar value) => value.Kind switch
    {
        ScalarKind.Null => "null",
        ScalarKind.Text => $"'{value}'",
        _ => value.ToString(),
    };
}
