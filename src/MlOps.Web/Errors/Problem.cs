using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using MlOps.OpenApi;
using MlOps.Requests;

namespace MlOps.Errors;

/// <summary>Writes problem details (RFC 9457) as every refusal answers them.</summary>
internal static class Problem
{
    public const string ContentType = "application/problem+json";
    public const int MostFaults = 100;

    private const string SoonSeconds = "1";
    private const string LaterSeconds = "2";
    private const string LongestSeconds = "5";

    public static async Task Write(HttpContext context, ErrorCode code, string detail, ImmutableArray<Fault> faults)
    {
        var entry = ErrorCatalogue.Of(code);

        // Whoever handles an exception finds the endpoint taken off the context, and kept beside the exception.
        var endpoint = context.GetEndpoint() ?? context.Features.Get<IExceptionHandlerFeature>()?.Endpoint;
        var status = endpoint?.Metadata.GetMetadata<Operation>()?.StatusOf(entry) ?? entry.Status;
        context.Response.StatusCode = status;
        if (RetryAfter(code) is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds;
        }

        if (code == ErrorCode.Unauthorized)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer realm=\"mlops\"";
        }

        using var answer = new AnswerBuffer();
        Write(answer, entry, status, detail, faults);
        await answer.Send(context, status, ContentType);
    }

    private static string? RetryAfter(ErrorCode code) => code switch
    {
        ErrorCode.Overloaded => SoonSeconds,
        ErrorCode.NotServing or ErrorCode.Busy or ErrorCode.ModelLoading => LaterSeconds,
        ErrorCode.StorageFull or ErrorCode.StorageUnavailable or ErrorCode.JournalFull => LongestSeconds,
        _ => null,
    };

    private static void Write(IBufferWriter<byte> output, ErrorEntry entry, int status, string detail, ImmutableArray<Fault> faults)
    {
        using var json = new Utf8JsonWriter(output, JsonAnswer.WriterOptions);
        json.WriteStartObject();
        json.WriteString("type", entry.Type);
        json.WriteString("title", entry.Title);
        json.WriteNumber("status", status);
        json.WriteString("detail", detail);
        json.WriteString("code", entry.Name);
        if (status == StatusCodes.Status422UnprocessableEntity)
        {
            json.WriteStartArray("errors");
            foreach (var fault in faults.IsDefaultOrEmpty ? [new Fault("", detail)] : faults.Take(MostFaults))
            {
                json.WriteStartObject();
                json.WriteString("pointer", fault.Pointer);
                json.WriteString("detail", fault.Detail);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
