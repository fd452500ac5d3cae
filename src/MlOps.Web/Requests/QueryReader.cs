using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace MlOps.Requests;

/// <summary>Reads query parameters by name; what is wrong is gathered, what nobody reads is unknown.</summary>
internal sealed class QueryReader(IQueryCollection query)
{
    public const long MostOffset = (1L << 53) - 1;

    private readonly FaultList faults = new();
    private readonly List<string> known = [];

    /// <summary>Limit and offset of a list.</summary>
    public PageRequest Page(int most) => new((int)Integer("limit", 1, most, 50), Integer("offset", 0, MostOffset, 0));

    public string? Text(string name, int longest)
    {
        var text = Value(name);
        if (text is not null && (Characters.MoreThan(text, longest) || text.Contains('\0', StringComparison.Ordinal)))
        {
            Fault(name, $"must have at most {longest} characters, none of them NUL");
            return null;
        }

        return text;
    }

    public string? Choice(string name, params IReadOnlyCollection<string> choices)
    {
        var text = Value(name);
        if (text is null || choices.Contains(text))
        {
            return text;
        }

        Fault(name, $"must be one of {string.Join(", ", choices)}");
        return null;
    }

    public bool? Flag(string name) => Choice(name, "true", "false") switch { "true" => true, "false" => false, _ => null };

    public int? Integer(string name, int least, int most) => Has(name) ? (int)Integer(name, least, most, least) : null;

    /// <summary>A time as <see cref="QueryTime"/> reads it.</summary>
    public DateTimeOffset? Time(string name)
    {
        var text = Value(name);
        if (text is null)
        {
            return null;
        }

        if (QueryTime.TryParse(text, out var time))
        {
            return time;
        }

        Fault(name, "must be a time like 2026-01-31T12:00:00Z");
        return null;
    }

    public T? Id<T>(string name)
        where T : struct, IParsable<T>
    {
        var text = Value(name);
        if (text is null)
        {
            return null;
        }

        if (T.TryParse(text, CultureInfo.InvariantCulture, out var id))
        {
            return id;
        }

        Fault(name, "must be a UUID");
        return null;
    }

    /// <summary>Whether the parameter is there; it is known then.</summary>
    public bool Has(string name) => Value(name) is not null;

    /// <param name="detail">Goes on after the parameter's name.</param>
    public void Fault(string name, string detail) => faults.Add($"?{name}", $"'{name}' {detail}");

    /// <summary>Refuses the query when anything is wrong with it, unknown parameters included.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.ValidationFailed"/>.</exception>
    public void Check()
    {
        foreach (var (name, values) in query)
        {
            if (!known.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                Fault(name, $"is no query parameter here: {(known.Count == 0 ? "there are none." : NearestName.Propose(name, known))}");
            }
            else if (values.Count > 1)
            {
                Fault(name, "is there more than once");
            }
        }

        faults.Throw(ErrorCode.ValidationFailed, "The query is not valid");
    }

    /// <summary>Refuses any parameter, where none is known.</summary>
    public static void RefuseAny(HttpRequest request)
    {
        if (request.QueryString.HasValue)
        {
            new QueryReader(request.Query).Check();
        }
    }

    private long Integer(string name, long least, long most, long otherwise)
    {
        var text = Value(name);
        if (text is null)
        {
            return otherwise;
        }

        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
        {
            return number;
        }

        Fault(name, $"must be a whole number from {least} to {most}");
        return otherwise;
    }

    private string? Value(string name)
    {
        known.Add(name);
        return query.TryGetValue(name, out var values) ? values[0] ?? "" : null;
    }
}
