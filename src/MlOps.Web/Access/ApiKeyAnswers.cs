using System.Text.Json;
using MlOps.Requests;

namespace MlOps.Access;

/// <summary>Keys as the API writes them: the secret once, its hash never.</summary>
internal static class ApiKeyAnswers
{
    public static void Created(Utf8JsonWriter json, ApiKey key, string secret)
    {
        json.WriteString("api_key_id", key.Id.Value);
        Members(json, key);
        json.WriteString("key", secret);
    }

    public static void Repeated(Utf8JsonWriter json, ApiKey key)
    {
        json.WriteString("api_key_id", key.Id.Value);
        Members(json, key);
        json.WriteWarnings(["This repeats an earlier request: the key was answered then, and is not known here any more. Delete it and create another if it is lost."]);
    }

    public static void Members(Utf8JsonWriter json, ApiKey key)
    {
        json.WriteString("id", key.Id.Value);
        json.WriteString("name", key.Name);
        json.WriteTexts("scopes", ScopeNames.Of(key.Scopes));
        json.WriteId("project_id", key.Project?.Value);
        json.WriteTime("created_at", key.CreatedAt);
        if (key.ExpiresAt is { } expires)
        {
            json.WriteTime("expires_at", expires);
        }
        else
        {
            json.WriteNull("expires_at");
        }
    }
}
