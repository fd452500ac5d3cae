using Microsoft.Extensions.DependencyInjection;
using MlOps.Models;

namespace MlOps;

/// <summary>Adds ONNX Runtime.</summary>
public static class OnnxExtensions
{
    /// <summary>Adds <see cref="IModelRuntime"/> and <see cref="IModelChecker"/>. <see cref="ModelOptions"/> and <see cref="DataFolder"/> come from the host.</summary>
    public static IServiceCollection AddMlOpsOnnx(this IServiceCollection services)
    {
        services.AddSingleton<IModelRuntime, OnnxModelRuntime>();
        services.AddSingleton<IModelChecker, ModelChecker>();
        return services;
    }
}
