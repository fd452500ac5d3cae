using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using MlOps.Requests;

namespace MlOps.Models;

/// <summary>Reads the multipart form of a registration, or of rows alone, part by part, straight into files; what is too large ends it at once.</summary>
/// <param name="known">The parts that the form may have.</param>
internal sealed class RegistrationFormReader(HttpContext context, UploadFolder folder, ModelOptions limits, long mostTextBytes, string[] known)
{
    private const int MostParts = 10_000;

    public static readonly string[] Texts = ["project_id", "name", "algo", "metadata"];
    public static readonly string[] Rows = ["baseline", "reference"];
    public const string Graph = "file";
    public const string ExternalData = "external_data";
    public const string Covers = "covers";

    /// <summary>The parts of a registration.</summary>
    public static readonly string[] All = [.. Texts, Graph, ExternalData, .. Rows, Covers];

    private readonly RegistrationForm form = new();
    private long modelBytes;

    /// <exception cref="MlOpsException">400 for a broken form, 413 or 415.</exception>
    public async Task<RegistrationForm> Read()
    {
        var reader = new MultipartReader(Boundary(), context.Request.Body) { HeadersCountLimit = 16, HeadersLengthLimit = 16 * 1024, BodyLengthLimit = null };
        var count = 0;
        while (await Guarded(() => reader.ReadNextSectionAsync(context.RequestAborted)) is { } section)
        {
            if (++count > MostParts)
            {
                throw new MlOpsException(ErrorCode.BodyTooLarge, $"The form has more than {MostParts} parts.");
            }

            await Take(section);
        }

        return form;
    }

    private string Boundary()
    {
        RequestBody.RefuseEncoded(context.Request);
        if (MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type)
            && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            && HeaderUtilities.RemoveQuotes(type.Boundary) is { Length: > 0 and <= 70 } boundary)
        {
            return boundary.ToString();
        }

        throw new MlOpsException(ErrorCode.UnsupportedMediaType, "Send a form: Content-Type: multipart/form-data with a boundary, as curl -F and requests' files= do.");
    }

    private async Task Take(MultipartSection section)
    {
        if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition) || HeaderUtilities.RemoveQuotes(disposition.Name) is not { Length: > 0 } named)
        {
            throw new MlOpsException(ErrorCode.MalformedBody, "A part of the form has no name: each needs Content-Disposition: form-data; name=\"…\".");
        }

        var part = named.ToString();
        var fileName = HeaderUtilities.RemoveQuotes(disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName).ToString();
        if (!known.Contains(part))
        {
            form.Faults.Add($"/{FaultList.Escape(part)}", $"'{part}' is no part of this form: {NearestName.Propose(part, known)}");
            await Text(section, part);
            return;
        }

        if (fileName.Contains('\0', StringComparison.Ordinal))
        {
            form.Faults.Add($"/{part}", "The file name holds NUL: rename the file.");
        }

        if (part == ExternalData)
        {
            fileName = fileName.StartsWith("./", StringComparison.Ordinal) ? fileName[2..] : fileName;
            CheckExternalName(fileName);
        }
        else if (form.Has(part))
        {
            form.Faults.Add($"/{part}", $"The part '{part}' is there twice.");
        }

        if (Texts.Contains(part))
        {
            form.Add(part, await Text(section, part));
            return;
        }

        form.Add(await folder.Write(part, fileName, (buffer, cancellation) => Guarded(() => section.Body.ReadAsync(buffer, cancellation).AsTask()), Admit(part), context.RequestAborted));
    }

    private Action<long> Admit(string part)
    {
        var before = modelBytes;
        return size =>
        {
            if (part is Graph or ExternalData)
            {
                modelBytes = before + size;
                if (modelBytes > limits.MaxModelBytes)
                {
                    throw new MlOpsException(ErrorCode.BodyTooLarge, $"The model with its external data has more than {limits.MaxModelBytes} bytes, which is the most that is taken.");
                }
            }
            else if (size > Most(part))
            {
                throw new MlOpsException(ErrorCode.BodyTooLarge, $"'{part}' has more than {Most(part)} bytes, which is the most that is taken.");
            }
        };
    }

    private long Most(string part) => Rows.Contains(part) ? limits.MaxBaselineBytes : limits.MaxRowsBytes;

    private void CheckExternalName(string fileName)
    {
        if (fileName.Length == 0)
        {
            form.Faults.Add($"/{ExternalData}", "Each 'external_data' part needs a file name: the location that the model names it by.");
        }
        else if (fileName.Any(char.IsControl))
        {
            form.Faults.Add($"/{ExternalData}", "The file name of an 'external_data' part holds a control character: rename the file, and export the model again.");
        }
        else if (form.Files.Any(file => file.Part == ExternalData && file.FileName == fileName))
        {
            form.Faults.Add($"/{ExternalData}", $"The external data '{fileName}' is there twice.");
        }
    }

    private async Task<string> Text(MultipartSection section, string part)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[4096];
        while (await Guarded(() => section.Body.ReadAsync(buffer, context.RequestAborted).AsTask()) is > 0 and var came)
        {
            if (bytes.Length + came > mostTextBytes)
            {
                throw new MlOpsException(ErrorCode.BodyTooLarge, $"The part '{part}' has more than {mostTextBytes} bytes, which is the most that is taken.");
            }

            bytes.Write(buffer, 0, came);
        }

        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
        }
        catch (DecoderFallbackException)
        {
            throw new MlOpsException(ErrorCode.MalformedBody, $"The part '{part}' is not valid UTF-8.");
        }
    }

    // The form's own faults come as exceptions of reading; those of writing our files are ours.
    private static async ValueTask<T> Guarded<T>(Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (Exception broken) when (broken is InvalidDataException or (IOException and not BadHttpRequestException))
        {
            throw new MlOpsException(ErrorCode.MalformedBody, "The form is broken: it ends early, or its parts are not as multipart/form-data has them.", inner: broken);
        }
    }
}
