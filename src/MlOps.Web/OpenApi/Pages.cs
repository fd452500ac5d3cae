namespace MlOps.OpenApi;

/// <summary>Shapes that many answers share.</summary>
internal static class Pages
{
    public static Schema Ok { get; } = Schema.Object(new Field("ok", Schema.Only(true)));

    public static Schema Of(Schema item, string name = "items") => Schema.Object(
        new(name, Schema.Array(item)),
        new("total", Schema.Count),
        new("limit", Schema.Count),
        new("offset", Schema.Count));
}
