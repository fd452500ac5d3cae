namespace MlOps.Sql;

/// <summary>What only one transaction at a time may do (<see cref="SqlSession.Alone"/>). The numbers are the same in every version.</summary>
internal enum CatalogueLock
{
    /// <summary>Changing which files are stored: to use one, and to find that nobody uses it, must not cross.</summary>
    Files = 1,

    /// <summary>Taking the bytes of removed files away.</summary>
    Sweep = 2,

    /// <summary>Making partitions of the inference log.</summary>
    Partitions = 3,
}
