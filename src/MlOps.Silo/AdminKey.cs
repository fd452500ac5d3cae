using System.Security.Cryptography;

namespace MlOps;

/// <summary>The bootstrap key with scope admin: from <c>MLOPS_ADMIN_KEY</c>, else made at the first start and kept in <c>admin.key</c> of the data folder.</summary>
/// <param name="IsNew">Made just now: the owner has to see it once.</param>
internal sealed record AdminKey(string Value, bool IsNew)
{
    private const string Variable = "MLOPS_ADMIN_KEY";

    public static AdminKey Of(DataFolder data)
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given)
        {
            return given.Length >= 16 && given.All(c => c is > ' ' and <= '~')
                ? new(given, false)
                : throw new SettingsException([$"{Variable} must have at least 16 printable characters and no spaces."]);
        }

        var path = Path.Combine(data.Path, "admin.key");
        try
        {
            return Kept(path) ?? Made(path);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw StorageStartException.Of(path, cause);
        }
    }

    private static AdminKey? Kept(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        var kept = File.ReadAllText(path).Trim();
        return kept.Length >= 16 ? new(kept, false) : throw new SettingsException([$"{path} holds no key. Delete it to have a new one made."]);
    }

    private static AdminKey Made(string path)
    {
        var made = "mlops_admin_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        Write(path, made);
        return new(made, true);
    }

    // Renamed into place, so that a kill never leaves half a key; readable by its owner only from the first byte on.
    private static void Write(string path, string key)
    {
        var temporary = path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var file = new StreamWriter(temporary, options))
        {
            file.WriteLine(key);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
