using System.Globalization;

namespace MlOps.InferenceLogs;

/// <summary>Which rows of a deployment are counted together for paging: all, those of a status, those of a class.</summary>
public static class LogSeries
{
    /// <summary>A classifier of more classes is not counted by class.</summary>
    public const int MostClasses = 50;

    public const string All = "";

    public static string OfStatus(int statusCode) => "s:" + statusCode.ToString(CultureInfo.InvariantCulture);

    public static string OfClass(string label) => "c:" + label;
}
