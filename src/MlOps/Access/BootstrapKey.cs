namespace MlOps.Access;

/// <summary>The admin key that the process was started with: in no list, and not to be deleted.</summary>
public sealed record BootstrapKey(string Value)
{
    public static Caller Caller { get; } = new(new ApiKeyId(Guid.Empty), "admin", Scope.Admin, null);
}
