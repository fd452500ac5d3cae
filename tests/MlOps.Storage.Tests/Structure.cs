using System.Collections;
using System.Collections.Immutable;
using System.Reflection;

namespace MlOps.Tests;

/// <summary>Equality member by member: records compare immutable arrays by reference, and default arrays differ from empty ones.</summary>
internal static class Structure
{
    public static void AssertSame(object? expected, object? actual) => Assert.Equal(Describe(expected), Describe(actual));

    private static string Describe(object? value)
    {
        if (value is null or string || value.GetType() is { IsPrimitive: true } or { IsEnum: true } || value is IFormattable)
        {
            return value switch
            {
                null => "null",
                double number => $"{number:R} double",
                DateTimeOffset time => $"{time:O}",
                _ => $"{value} {value.GetType().Name}",
            };
        }

        var type = value.GetType();
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>))
        {
            return (bool)type.GetProperty("IsDefault")!.GetValue(value)!
                ? "default"
                : $"[{string.Join(", ", ((IEnumerable)value).Cast<object?>().Select(Describe))}]";
        }

        var members = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.GetIndexParameters().Length == 0)
            .Select(property => $"{property.Name}={Describe(property.GetValue(value))}");
        return $"{type.Name}({string.Join("; ", members)})";
    }
}
