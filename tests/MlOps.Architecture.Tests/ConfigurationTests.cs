using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Xunit;

namespace MlOps.Tests;

/// <summary>silo.json spells every default of the options classes, and nothing else.</summary>
public sealed class ConfigurationTests
{
    private static readonly string[] Rooms = ["MlOps", "MlOps.Grains", "MlOps.Onnx", "MlOps.Storage", "MlOps.Web", "MlOps.Silo"];

    // Choices are written as words.
    private static readonly JsonSerializerOptions Words = new() { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    [Fact]
    public void SiloJson_EqualsTheOptionsClasses()
    {
        var options =
            from room in Rooms
            from type in Assembly.Load(room).GetTypes()
            let section = type.GetField("Section", BindingFlags.Public | BindingFlags.Static | BindingFlags.FlattenHierarchy)
            where section is { IsLiteral: true } && type.Name.EndsWith("Options", StringComparison.Ordinal)
            select (Section: (string)section.GetRawConstantValue()!, Type: type);
        var expected = new SortedDictionary<string, string?>(StringComparer.Ordinal);
        foreach (var (section, type) in options)
        {
            var defaults = JsonSerializer.SerializeToElement(Activator.CreateInstance(type), type, Words);
            foreach (var property in defaults.EnumerateObject())
            {
                Assert.True(expected.TryAdd($"{section}.{property.Name}", property.Value.GetRawText()), $"{section}.{property.Name} is in two classes");
            }
        }

        using var file = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "silo.json")));
        var written = new SortedDictionary<string, string?>(StringComparer.Ordinal);
        foreach (var section in file.RootElement.EnumerateObject())
        {
            foreach (var property in section.Value.EnumerateObject())
            {
                written.Add($"{section.Name}.{property.Name}", JsonSerializer.Serialize(property.Value));
            }
        }

        Assert.NotEmpty(written);
        Assert.Equal(expected, written);
    }
}
