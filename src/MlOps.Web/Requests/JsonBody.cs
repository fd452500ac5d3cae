using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using MediaType = Microsoft.Net.Http.Headers.MediaTypeHeaderValue;

namespace MlOps.Requests;

/// <summary>A JSON object that came as a request's body. Everything wrong with it is gathered, then refused at once by <see cref="Check"/>.</summary>
internal sealed class JsonBody : IDisposable
{
    private readonly RequestBody body;
    private readonly JsonDocument document;

    private JsonBody(RequestBody body, JsonDocument document)
    {
        this.body = body;
        this.document = document;
        JsonText.Check(JsonText.WithoutMark(body.Bytes).Span, Faults);
        Fields = new FieldReader(document.RootElement, "", Faults);
    }

    public FaultList Faults { get; } = new();

    public FieldReader Fields { get; }

    public ReadOnlyMemory<byte> Bytes => body.Bytes;

    /// <param name="optional">An empty body is an empty object, whatever its content type.</param>
    /// <exception cref="MlOpsException">400, 413, 415, or 422 for JSON that is no object.</exception>
    public static async Task<JsonBody> Read(HttpContext context, long limit, bool optional = false)
    {
        var body = await RequestBody.Read(context, limit);
        try
        {
            return new(body, Parse(context, body.Bytes, optional));
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>Refuses the body when anything is wrong with it; fields that nobody read are unknown.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.ValidationFailed"/> with every fault.</exception>
    public void Check()
    {
        Fields.RefuseUnknown();
        Faults.Throw(ErrorCode.ValidationFailed, "The body is not valid");
    }

    public void Dispose()
    {
        document.Dispose();
        body.Dispose();
    }

    /// <summary>Refuses a content type that is not JSON in UTF-8, and a body that is compressed.</summary>
    public static void RequireJson(HttpRequest request)
    {
        RequestBody.RefuseEncoded(request);
        if (request.ContentType is "application/json")
        {
            return;
        }

        if (!MediaType.TryParse(request.ContentType, out var type)
            || !type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || (type.Charset.HasValue && !HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase)))
        {
            throw new MlOpsException(ErrorCode.UnsupportedMediaType, "Send the body as JSON in UTF-8, with the header Content-Type: application/json.");
        }
    }

    private static JsonDocument Parse(HttpContext context, ReadOnlyMemory<byte> bytes, bool optional)
    {
        if (optional && bytes.IsEmpty)
        {
            return JsonDocument.Parse("{}");
        }

        if (!bytes.IsEmpty || context.Request.ContentType is not null)
        {
            RequireJson(context.Request);
        }

        if (bytes.IsEmpty)
        {
            throw new MlOpsException(ErrorCode.MalformedBody, "The body is empty: send a JSON object.");
        }

        var document = JsonText.Parse(bytes, "The body");
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            document.Dispose();
            throw new MlOpsException(ErrorCode.ValidationFailed, "The body must be a JSON object.", [new Fault("", "The body must be a JSON object: {…}.")]);
        }

        return document;
    }
}
