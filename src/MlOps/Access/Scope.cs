namespace MlOps.Access;

/// <summary>What a key may do. <see cref="Admin"/> implies the others.</summary>
[Flags]
public enum Scope
{
    None = 0,
    Read = 1,
    Write = 2,
    Predict = 4,
    Admin = 8,
}
