using System.Reflection;
using Xunit;

namespace MlOps.Tests;

/// <summary>Public is a promise: an adapter exports how it is added, its options, and nothing else.</summary>
public sealed class SurfaceTests
{
    [Theory]
    [InlineData("MlOps.Grains")]
    [InlineData("MlOps.Onnx", "ModelCheckCommand")]
    [InlineData("MlOps.Parquet")]
    [InlineData("MlOps.Storage", "StorageStartException")]
    [InlineData("MlOps.Web")]
    public void Adapter_ExportsOnlyExtensionsAndOptions(string assembly, params string[] also)
    {
        var exported = Assembly.Load(assembly).GetExportedTypes()
            .Where(type => type.Namespace?.StartsWith("OrleansCodeGen", StringComparison.Ordinal) != true)
            .Where(type => type.Namespace?.StartsWith("MlOps", StringComparison.Ordinal) == true)
            .Select(type => type.Name)
            .Where(name => !name.EndsWith("Extensions", StringComparison.Ordinal) && !name.EndsWith("Options", StringComparison.Ordinal))
            .Except(also)
            .ToList();

        Assert.Empty(exported);
    }

    [Fact]
    public void DomainRecords_CannotBeChanged()
    {
        var settable =
            from type in Assembly.Load("MlOps").GetExportedTypes()
            where type.GetMethod("<Clone>$") is not null
            from property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            where property.SetMethod is { } set && !set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(System.Runtime.CompilerServices.IsExternalInit))
            select $"{type.Name}.{property.Name}";

        Assert.Empty(settable);
    }

    [Fact]
    public void GrainMethods_CarryNoAsyncSuffix()
    {
        var suffixed =
            from type in Assembly.Load("MlOps").GetExportedTypes()
            where type.IsInterface && typeof(IGrain).IsAssignableFrom(type)
            from method in type.GetMethods()
            where method.Name.EndsWith("Async", StringComparison.Ordinal)
            select $"{type.Name}.{method.Name}";

        Assert.Empty(suffixed);
    }
}
