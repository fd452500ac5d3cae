using System.Security.Cryptography;
using System.Text;
using MlOps.Requests;

namespace MlOps.Models;

/// <summary>What came in a registration's form: texts by name, and files.</summary>
internal sealed class RegistrationForm
{
    private readonly Dictionary<string, string> texts = new(StringComparer.Ordinal);
    private readonly List<UploadedFile> files = [];

    public FaultList Faults { get; } = new();

    public IReadOnlyList<UploadedFile> Files => files;

    public bool Has(string part) => texts.ContainsKey(part) || files.Any(file => file.Part == part);

    public void Add(string part, string text) => texts[part] = text;

    public void Add(UploadedFile file) => files.Add(file);

    /// <summary>The files, for the store.</summary>
    public UploadedParts Parts => new(
        files.DistinctBy(file => file.Sha256).ToDictionary(file => file.Sha256, file => file.Path, StringComparer.Ordinal), [.. files.Select(file => file.Staged).OfType<IStagedFile>()]);

    public UploadedFile? File(string part) => files.FirstOrDefault(file => file.Part == part);

    public string? Text(string part) => texts.GetValueOrDefault(part);

    /// <summary>A text that must be there, of at most so many characters.</summary>
    public string Required(string part, int longest)
    {
        var text = Text(part);
        if (string.IsNullOrWhiteSpace(text) || Characters.MoreThan(text, longest) || text.Contains('\0', StringComparison.Ordinal))
        {
            Faults.Add($"/{part}", text is null ? $"The part '{part}' is missing." : $"'{part}' must have 1 to {longest} characters, not all of them blanks and none NUL.");
        }

        return text ?? "";
    }

    /// <summary>Says of two forms whether they are the same request: parts, file names and contents in any order.</summary>
    public byte[] Identity()
    {
        var parts = texts.Select(text => Line(text.Key, "", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.Value)))))
            .Concat(files.Select(file => Line(file.Part, file.FileName, file.Sha256)))
            .Order(StringComparer.Ordinal);
        return JsonAnswer.Bytes(json => json.WriteTexts("parts", parts));

        static string Line(string part, string fileName, string sha256) => $"{part}\n{fileName}\n{sha256}";
    }
}
