using MlOps.OpenApi;

namespace MlOps.Access;

/// <summary>API keys as the document describes them.</summary>
internal static class ApiKeyOperations
{
    public const int LongestName = 200;

    private static readonly Schema Scopes = Schema.Array(Schema.Choice(ScopeNames.All), least: 1, unique: true);

    private static readonly Schema Key = Schema.Object(
        new("id", Schema.Id),
        new("name", Schema.Text()),
        new("scopes", Schema.Array(Schema.Choice(ScopeNames.All))),
        new("project_id", Schema.Id.OrNull().Described("The one project that the key sees; null for all.")),
        new("created_at", Schema.Time),
        new("expires_at", Schema.Time.OrNull())).Named("ApiKey");

    public static Operation Create { get; } = new(
        "create_api_key",
        "Create an API key",
        Key.And(
            new("api_key_id", Schema.Id),
            Field.Optional("key", Schema.Text().Described("The secret; answered once, left out when the request is a repeat.")),
            Field.Optional("warnings", Schema.Array(Schema.Text()))))
    {
        Status = 201,
        Body = Schema.Closed(
            new("name", Schema.NameText(LongestName)),
            new("scopes", Scopes),
            Field.Optional("project_id", Schema.Id.OrNull().Described("Binds the key to one project. A bound key makes only keys of its own project.")),
            Field.Optional("expires_at", Schema.Time.OrNull().Described("In the future; null for never."))),
        Headers = [Parameter.IdempotencyKey],
    };

    public static Operation List { get; } = new("list_api_keys", "List API keys, newest first", Pages.Of(Key)) { Query = Parameter.Page(500) };

    public static Operation Delete { get; } = new("delete_api_key", "Delete an API key", Pages.Ok)
    {
        Description = "When this has answered, no silo accepts the key.",
    };
}
