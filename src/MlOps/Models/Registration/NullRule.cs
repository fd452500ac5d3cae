using System.Collections.Immutable;

namespace MlOps.Models.Registration;

/// <summary>Settles what a null is fed as, and whether a feature may be null.</summary>
internal sealed class NullRule(ModelMetadata metadata, FaultList faults, List<string> warnings)
{
    public (bool Nullable, Scalar? Missing) Settle(PairedFeature feature, FeatureType type, bool index, ImmutableArray<Scalar> domain, TableColumn? column)
    {
        var entry = feature.Entry;
        var isFloat = feature.Input.Type is ElementType.Float or ElementType.Double or ElementType.Float16;
        var hasNull = isFloat || entry?.Missing is not null;
        if (entry?.Missing is { } missing)
        {
            return (true, Encodable(feature, "missing", missing, index, domain));
        }

        if (entry?.Nullable is { } said)
        {
            if (said && !hasNull)
            {
                faults.Add(
                    $"{entry.Pointer}/nullable",
                    $"'{feature.Name}' is said to be nullable, and its input '{feature.Input.Name}' takes {ConstantReader.Word(feature.Input.Type)}, which have no null: say what a null is fed as, {Line(feature, type, domain)}.");
            }

            return (said, null);
        }

        var holes = Holes(feature, domain, column);
        if (holes > 0 && !hasNull)
        {
            warnings.Add(
                $"'{feature.Name}' is missing in {holes} row{(holes == 1 ? "" : "s")} of the baseline, and its input '{feature.Input.Name}' takes {ConstantReader.Word(feature.Input.Type)}, which have no null: a null is refused. "
                + $"If the pipeline was fed something for it, say what: {Line(feature, type, domain)}.");
        }

        return (hasNull && (column is null ? entry is null : holes > 0), null);
    }

    /// <summary>A value that is fed as given must be one that the input takes; for an integer index, one of its positions.</summary>
    public Scalar Encodable(PairedFeature feature, string key, Scalar value, bool index, ImmutableArray<Scalar> domain)
    {
        var input = feature.Input;
        if (input.Type == ElementType.String)
        {
            return Scalar.Of(value.ToString());
        }

        // A boolean stands for 1 and 0 wherever numbers are fed.
        var number = value.Kind == ScalarKind.Boolean ? Scalar.Of(value.AsInteger!.Value) : value;
        var isInteger = input.Type is ElementType.Int32 or ElementType.Int64;
        if (!ConstantReader.Fits(number, input.Type))
        {
            faults.Add($"{feature.Entry!.Pointer}/{key}", $"'{feature.Name}': \"{key}\" is '{value}', and the input '{input.Name}' takes {ConstantReader.Word(input.Type)}.");
        }
        else if (index && isInteger && !domain.IsDefault && (number.AsInteger < 0 || number.AsInteger >= domain.Length))
        {
            faults.Add(
                $"{feature.Entry!.Pointer}/{key}",
                $"'{feature.Name}': \"{key}\" is {value}, and the positions of its domain are 0 to {domain.Length - 1}: an embedding takes nothing else (−1 would silently be its last level).");
        }

        return number;
    }

    private static int Holes(PairedFeature feature, ImmutableArray<Scalar> domain, TableColumn? column) =>
        column is null ? 0 : column.Counts.Empty + (IsNumeric(feature, domain) ? column.Counts.NaN : 0);

    // An index over texts may have the level NaN.
    private static bool IsNumeric(PairedFeature feature, ImmutableArray<Scalar> domain) =>
        feature.Input.Type != ElementType.String && (feature.Entry?.IndexEncoded != true || (!domain.IsDefault && Levels.AreNumbers(domain)));

    private string Line(PairedFeature feature, FeatureType type, ImmutableArray<Scalar> domain)
    {
        var entry = feature.Entry is { } existing
            ? Proposal.Copy(existing)
            : Proposal.Feature(feature.Name, type.ToString().ToLowerInvariant());
        entry["nullable"] = true;
        entry["missing"] = feature.Input.Type switch
        {
            ElementType.String => "<what the pipeline was fed>",
            ElementType.Bool => false,
            _ when feature.Entry?.IndexEncoded == true && domain.Length > 0 => $"<0 to {domain.Length - 1}>",
            _ => "<number>",
        };
        return Proposal.Features(metadata, [entry]);
    }
}
