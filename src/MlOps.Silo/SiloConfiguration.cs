using System.Reflection;
using MlOps.Drift;
using MlOps.InferenceLogs;
using MlOps.Jobs;
using MlOps.Models;
using MlOps.Predictions;
using MlOps.Telemetry;

namespace MlOps;

/// <summary>silo.json and the environment variables over it. A key that no options class has is an error: a typo must not be a silent default.</summary>
internal static class SiloConfiguration
{
    private const string FileName = "silo.json";

    /// <summary>Section of silo.json → the class that holds its settings.</summary>
    private static readonly Dictionary<string, Type> Sections = new(StringComparer.OrdinalIgnoreCase)
    {
        [ClusterOptions.Section] = typeof(ClusterOptions),
        [DriftOptions.Section] = typeof(DriftOptions),
        [HttpOptions.Section] = typeof(HttpOptions),
        [InferenceLogOptions.Section] = typeof(InferenceLogOptions),
        [JobOptions.Section] = typeof(JobOptions),
        [LogOptions.Section] = typeof(LogOptions),
        [ModelOptions.Section] = typeof(ModelOptions),
        [PredictionOptions.Section] = typeof(PredictionOptions),
        [StorageOptions.Section] = typeof(StorageOptions),
        [TelemetryOptions.Section] = typeof(TelemetryOptions),
    };

    /// <summary>Reads silo.json from the working folder, else the one beside the executable, and the environment.</summary>
    /// <exception cref="SettingsException">Keys that nothing reads, or a file that is no JSON.</exception>
    public static IConfigurationRoot Load()
    {
        var local = Path.GetFullPath(FileName);
        var path = File.Exists(local) ? local : Path.Combine(AppContext.BaseDirectory, FileName);
        try
        {
            return Checked(new ConfigurationBuilder().AddJsonFile(path, optional: false).AddEnvironmentVariables("MLOPS__").Build());
        }
        catch (InvalidDataException broken)
        {
            throw new SettingsException([$"{path}: {(broken.InnerException ?? broken).Message}"]);
        }
    }

    /// <summary>The configuration itself, when every key of it is known.</summary>
    public static T Checked<T>(T configuration)
        where T : IConfiguration
    {
        var faults = configuration.GetChildren().SelectMany(Faults).ToArray();
        return faults.Length == 0 ? configuration : throw new SettingsException(faults);
    }

    private static IEnumerable<string> Faults(IConfigurationSection section)
    {
        if (!Sections.TryGetValue(section.Key, out var type))
        {
            return [$"There is no section '{section.Key}': {NearestName.Propose(section.Key, Sections.Keys)}"];
        }

        var known = type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => property.Name).ToList();
        var unknown = section.GetChildren().Select(child => child.Key).Where(key => !known.Contains(key, StringComparer.OrdinalIgnoreCase));
        return unknown.Select(key => $"{section.Key}:{key} is no setting: {NearestName.Propose(key, known)}").Concat(Unreadable(section, type));
    }

    // A value that its setting's type cannot hold; the binder names the setting.
    private static IEnumerable<string> Unreadable(IConfigurationSection section, Type type)
    {
        try
        {
            section.Get(type);
            return [];
        }
        catch (InvalidOperationException wrong)
        {
            return [wrong.Message];
        }
    }
}
