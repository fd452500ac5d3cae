using System.Collections.Immutable;
using MlOps.Projects;

namespace MlOps.Models;

/// <summary>A registration as it was asked for, its form found complete.</summary>
/// <param name="Metadata">The metadata part, a JSON object; null when absent.</param>
/// <param name="Metrics">The metrics in it, a JSON object.</param>
internal sealed record AskedModel(ProjectId Project, string Name, string Algo, string? Metadata, string Metrics, RegistrationForm Form)
{
    public ModelUpload Upload => new(
        Path(RegistrationFormReader.Graph)!,
        External.ToImmutableDictionary(file => file.FileName, file => file.Path, StringComparer.Ordinal),
        Path("baseline"),
        Path("reference"),
        Path(RegistrationFormReader.Covers),
        Metadata);

    private IEnumerable<UploadedFile> External => Form.Files.Where(file => file.Part == RegistrationFormReader.ExternalData);

    /// <summary>The files as parts of the model.</summary>
    /// <param name="locations">External data whose file name is not its location in the graph.</param>
    public ImmutableArray<ModelPart> Parts(ImmutableDictionary<string, string> locations) =>
    [
        .. Form.Files.Select(file => Part(
            file, file.Part == RegistrationFormReader.ExternalData ? locations.GetValueOrDefault(file.FileName, file.FileName) : file.FileName)),
    ];

    /// <summary>A file as a part of a model.</summary>
    public static ModelPart Part(UploadedFile file, string name) => new(Kind(file.Part), name, file.Sha256, file.Size);

    private string? Path(string part) => Form.File(part)?.Path;

    private static PartKind Kind(string part) => part switch
    {
        RegistrationFormReader.Graph => PartKind.Graph,
        RegistrationFormReader.ExternalData => PartKind.ExternalData,
        "baseline" => PartKind.Baseline,
        "reference" => PartKind.Reference,
        _ => PartKind.Covers,
    };
}
