using System.Collections.Immutable;

namespace MlOps;

/// <summary>A part of a list: at most <paramref name="Limit"/> items from <paramref name="Offset"/> on.</summary>
public readonly record struct PageRequest(int Limit, long Offset);

/// <summary>The items of a <see cref="PageRequest"/>, and how many there are in all.</summary>
public sealed record Page<T>(ImmutableArray<T> Items, long Total, int Limit, long Offset);
