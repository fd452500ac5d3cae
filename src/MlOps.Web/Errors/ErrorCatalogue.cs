using System.Text;
using System.Text.Json;

namespace MlOps.Errors;

/// <summary>What an <see cref="ErrorCode"/> is called in answers, and which status it has.</summary>
internal sealed record ErrorEntry(ErrorCode Code, string Name, string Title, int Status)
{
    /// <summary>The problem's <c>type</c>.</summary>
    public string Type => $"urn:mlops:error:{Name}";
}

/// <summary>The error codes as HTTP knows them.</summary>
internal static class ErrorCatalogue
{
    private static readonly ErrorEntry[] Entries = [.. Enum.GetValues<ErrorCode>().Order().Select(Entry)];

    public static IReadOnlyList<ErrorEntry> All => Entries;

    public static ErrorEntry Of(ErrorCode code) => Entries[(int)code];

    private static ErrorEntry Entry(ErrorCode code)
    {
        var name = JsonNamingPolicy.SnakeCaseLower.ConvertName(code.ToString());
        var title = new StringBuilder(name).Replace('_', ' ');
        title[0] = char.ToUpperInvariant(title[0]);
        return new(code, name, title.ToString(), Status(code));
    }

    private static int Status(ErrorCode code) => code switch
    {
        ErrorCode.InternalError => 500,
        ErrorCode.MalformedBody => 400,
        ErrorCode.Unauthorized => 401,
        ErrorCode.Forbidden => 403,
        ErrorCode.NotFound => 404,
        ErrorCode.MethodNotAllowed => 405,
        ErrorCode.DeploymentStateConflict or ErrorCode.NoProduction or ErrorCode.CanarySharesExceeded or ErrorCode.ProjectInUse or ErrorCode.ModelInUse or ErrorCode.ModelDeleted
            or ErrorCode.BaselineNotReady or ErrorCode.BaselineExists or ErrorCode.JobUnfinished or ErrorCode.IdempotencyKeyReused => 409,
        ErrorCode.BodyTooLarge => 413,
        ErrorCode.UnsupportedMediaType => 415,
        ErrorCode.ValidationFailed or ErrorCode.InvalidInputs or ErrorCode.InvalidModel or ErrorCode.InvalidMetadata or ErrorCode.InvalidBaseline
            or ErrorCode.FeaturesAmbiguous or ErrorCode.OutputAmbiguous or ErrorCode.SeveralTargets or ErrorCode.ClassesUnknown
            or ErrorCode.ExamplesNotReproduced or ErrorCode.ContributionsUnavailable or ErrorCode.ContributionsTooLarge or ErrorCode.NotAvailable => 422,
        ErrorCode.OutputNotFinite or ErrorCode.ModelError or ErrorCode.ModelTimeout => 424,
        ErrorCode.Overloaded => 429,
        ErrorCode.NotServing or ErrorCode.Busy or ErrorCode.StorageFull or ErrorCode.StorageUnavailable or ErrorCode.ModelLoading
            or ErrorCode.JournalFull => 503,
        _ => throw new ArgumentOutOfRangeException(nameof(code), code, "The code has no status."),
    };
}
