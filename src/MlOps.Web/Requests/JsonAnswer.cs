using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace MlOps.Requests;

/// <summary>Writes answers as JSON.</summary>
internal static class JsonAnswer
{
    public const string ContentType = "application/json";

    /// <summary>Answers are no HTML: letters of any language are written as they are.</summary>
    public static JsonWriterOptions WriterOptions { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Answers an object whose members <paramref name="members"/> writes.</summary>
    public static async Task Answer(this HttpContext context, int status, Action<Utf8JsonWriter> members)
    {
        using var answer = new AnswerBuffer();
        Write(answer, members);
        await answer.Send(context, status, ContentType);
    }

    /// <summary>Answers JSON that was written before.</summary>
    public static async Task Answer(this HttpContext context, int status, ReadOnlyMemory<byte> json)
    {
        using var answer = new AnswerBuffer();
        json.CopyTo(answer.GetMemory(json.Length));
        answer.Advance(json.Length);
        await answer.Send(context, status, ContentType);
    }

    public static Task AnswerOk(this HttpContext context) => context.Answer(StatusCodes.Status200OK, json => json.WriteBoolean("ok", true));

    /// <summary>A page of a list: <c>{items, total, limit, offset}</c>.</summary>
    public static Task AnswerPage<T>(this HttpContext context, Page<T> page, Action<Utf8JsonWriter, T> members, string name = "items") =>
        context.Answer(StatusCodes.Status200OK, json =>
        {
            json.WriteStartArray(name);
            foreach (var item in page.Items)
            {
                json.WriteStartObject();
                members(json, item);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteNumber("total", page.Total);
            json.WriteNumber("limit", page.Limit);
            json.WriteNumber("offset", page.Offset);
        });

    public static byte[] Bytes(Action<Utf8JsonWriter> members)
    {
        using var answer = new AnswerBuffer();
        Write(answer, members);
        return answer.Written.ToArray();
    }

    /// <summary>A time as the reference writes it: UTC, whole seconds.</summary>
    public static void WriteTime(this Utf8JsonWriter json, string name, DateTimeOffset time) =>
        json.WriteString(name, time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture));

    public static void WriteId(this Utf8JsonWriter json, string name, Guid? id)
    {
        if (id is { } value)
        {
            json.WriteString(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    public static void WriteOptional(this Utf8JsonWriter json, string name, bool? flag)
    {
        if (flag is { } value)
        {
            json.WriteBoolean(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    public static void WriteOptional(this Utf8JsonWriter json, string name, double? number)
    {
        if (number is { } value)
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    /// <summary>JSON text that was checked when it came, or is our own.</summary>
    public static void WriteRaw(this Utf8JsonWriter json, string name, string? text)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(text ?? "null", skipInputValidation: false);
    }

    /// <summary>What the caller should know; left out where there is nothing to say.</summary>
    public static void WriteWarnings(this Utf8JsonWriter json, IReadOnlyCollection<string> warnings)
    {
        if (warnings.Count > 0)
        {
            json.WriteTexts("warnings", warnings);
        }
    }

    public static void WriteTexts(this Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static void Write(AnswerBuffer answer, Action<Utf8JsonWriter> members)
    {
        using var json = new Utf8JsonWriter(answer, WriterOptions);
        json.WriteStartObject();
        members(json);
        json.WriteEndObject();
    }
}
