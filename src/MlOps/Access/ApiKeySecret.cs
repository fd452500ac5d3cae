using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace MlOps.Access;

/// <summary>The text of a key, <c>mlops_&lt;id&gt;_&lt;secret&gt;</c>: known to its holder only. The id finds the key, the hash of the whole proves it.</summary>
public static class ApiKeySecret
{
    /// <summary>Bytes of a <see cref="Hash(ReadOnlySpan{char}, Span{byte})"/>.</summary>
    public const int HashBytes = SHA256.HashSizeInBytes;

    private const string Prefix = "mlops_";
    private const int IdLength = 32;
    private const int SecretBytes = 32;
    private const int LongestKey = 256;

    /// <summary>A new key text for an id.</summary>
    public static string Create(ApiKeyId id) => $"{Prefix}{id.Value:N}_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes))}";

    public static ImmutableArray<byte> Hash(string key)
    {
        Span<byte> hash = stackalloc byte[HashBytes];
        Hash(key, hash);
        return [.. hash];
    }

    /// <summary>SHA-256 of the text. The secret has 256 random bits: a slow hash would protect nothing more, and cost each request.</summary>
    public static void Hash(ReadOnlySpan<char> key, Span<byte> hash)
    {
        Span<byte> utf8 = stackalloc byte[3 * LongestKey];
        SHA256.HashData(utf8[..Encoding.UTF8.GetBytes(key[..Math.Min(key.Length, LongestKey)], utf8)], hash);
    }

    /// <summary>The id in a key text; false for a text of another form.</summary>
    public static bool TryReadId(ReadOnlySpan<char> key, out ApiKeyId id)
    {
        var isKey = key.Length > Prefix.Length + IdLength && key.Length <= LongestKey
            && key.StartsWith(Prefix, StringComparison.Ordinal) && key[Prefix.Length + IdLength] == '_';
        var value = Guid.Empty;
        isKey = isKey && Guid.TryParseExact(key.Slice(Prefix.Length, IdLength), "N", out value);
        id = new(value);
        return isKey;
    }
}
