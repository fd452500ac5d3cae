namespace MlOps.InferenceLogs;

/// <summary>
/// The names of a record's classes. Records say everything themselves, and neighbours say the same: names that were read last are not made again.
/// </summary>
internal sealed class ClassNames
{
    private static volatile ClassNames last = new([], []);

    private readonly byte[] bytes;
    private readonly string[] names;

    private ClassNames(byte[] bytes, string[] names) => (this.bytes, this.names) = (bytes, names);

    /// <summary>Reads their number, and each. Nobody changes the array.</summary>
    public static string[] Read(ref FrameReader reader)
    {
        var known = last;
        if (known.bytes.Length > 0 && reader.Skip(known.bytes))
        {
            return known.names;
        }

        var before = reader.Rest;
        var names = new string[reader.Count()];
        for (var index = 0; index < names.Length; index++)
        {
            names[index] = reader.Text();
        }

        last = new ClassNames(before[..^reader.Rest.Length].ToArray(), names);
        return names;
    }
}
