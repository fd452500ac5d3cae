using System.Reflection;
using Xunit;

namespace MlOps.Tests;

/// <summary>Which room may know which: each project exists to make a dependency refusable.</summary>
public sealed class DependencyTests
{
    [Theory]
    [InlineData("MlOps", "Orleans.Runtime", "Microsoft.AspNetCore", "Microsoft.Data.Sqlite", "Npgsql", "Microsoft.ML.OnnxRuntime", "System.Net.Http", "MlOps.", "ParquetSharp")]
    [InlineData("MlOps.Grains", "MlOps.Web", "MlOps.Onnx", "MlOps.Storage", "MlOps.Silo", "Microsoft.AspNetCore", "Microsoft.Data.Sqlite", "Npgsql", "Microsoft.ML.OnnxRuntime", "ParquetSharp")]
    [InlineData("MlOps.Onnx", "MlOps.Web", "MlOps.Grains", "MlOps.Storage", "MlOps.Silo", "Microsoft.AspNetCore", "Orleans.Runtime", "Microsoft.Data.Sqlite", "ParquetSharp")]
    [InlineData("MlOps.Parquet", "MlOps.Web", "MlOps.Grains", "MlOps.Onnx", "MlOps.Storage", "MlOps.Silo", "Microsoft.AspNetCore", "Orleans.Runtime", "Microsoft.Data.Sqlite", "Microsoft.ML.OnnxRuntime")]
    [InlineData("MlOps.Storage", "MlOps.Web", "MlOps.Grains", "MlOps.Onnx", "MlOps.Silo", "Microsoft.AspNetCore", "Microsoft.ML.OnnxRuntime")]
    [InlineData("MlOps.Web", "MlOps.Grains", "MlOps.Onnx", "MlOps.Storage", "MlOps.Silo", "Orleans.Runtime", "Microsoft.Data.Sqlite", "Microsoft.ML.OnnxRuntime", "ParquetSharp")]
    [InlineData("MlOps.Samples", "MlOps.Silo", "MlOps.Web", "MlOps.Grains", "MlOps.Storage", "ParquetSharp")]
    public void Assembly_DoesNotReference(string assembly, params string[] forbidden)
    {
        var references = Assembly.Load(assembly).GetReferencedAssemblies().Select(reference => reference.Name!).ToList();

        Assert.DoesNotContain(references, name => forbidden.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)));
    }

    [Fact]
    public void Silo_ReferencesEveryRoom()
    {
        var references = Assembly.Load("MlOps.Silo").GetReferencedAssemblies().Select(reference => reference.Name).ToList();

        Assert.Superset(new HashSet<string?> { "MlOps", "MlOps.Grains", "MlOps.Onnx", "MlOps.Parquet", "MlOps.Storage", "MlOps.Web" }, references.ToHashSet());
    }

    [Fact]
    public void NoRoom_ReferencesTheSilo()
    {
        foreach (var room in new[] { "MlOps", "MlOps.Grains", "MlOps.Onnx", "MlOps.Parquet", "MlOps.Storage", "MlOps.Web", "MlOps.Samples" })
        {
            Assert.DoesNotContain(Assembly.Load(room).GetReferencedAssemblies(), reference => reference.Name == "MlOps.Silo");
        }
    }
}
