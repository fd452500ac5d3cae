using System.Globalization;
using System.Text.RegularExpressions;

namespace MlOps.Requests;

/// <summary>
/// Times in a query: ISO 8601, to the day, the minute, the second or finer. Without a zone they are UTC, and a space before the hours of a zone is the plus that lost its
/// encoding.
/// </summary>
internal static partial class QueryTime
{
    public static bool TryParse(string text, out DateTimeOffset time)
    {
        time = default;
        if (Form().Match(text) is not { Success: true } match)
        {
            return false;
        }

        var (clock, seconds, sign) = (match.Groups["clock"].Value, match.Groups["seconds"].Value, match.Groups["sign"].Value);
        var zone = sign is "" ? "Z" : $"{(sign is " " ? "+" : sign)}{match.Groups["hours"].Value}:{(match.Groups["minutes"].Value is "" ? "00" : match.Groups["minutes"].Value)}";
        var whole = $"{match.Groups["date"].Value}T{(clock is "" ? "00:00" : clock)}{(seconds is "" ? ":00" : seconds)}{zone}";
        return DateTimeOffset.TryParse(whole, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out time);
    }

    [GeneratedRegex(
        @"^(?<date>\d{4}-\d\d-\d\d)([Tt ](?<clock>\d\d:\d\d)(?<seconds>:\d\d(\.\d{1,9})?)?([Zz]|(?<sign>[+\- ])(?<hours>\d\d)(:?(?<minutes>\d\d))?)?)?\z",
        RegexOptions.CultureInvariant | RegexOptions.ECMAScript)]
    private static partial Regex Form();
}
