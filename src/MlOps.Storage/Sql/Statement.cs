using System.Runtime.CompilerServices;
using System.Text;
using MlOps.Access;
using MlOps.Deployments;
using MlOps.Models;
using MlOps.Projects;

namespace MlOps.Sql;

/// <summary>
/// SQL with its parameters, written as an interpolated string: what stands in braces becomes a parameter, never text. Only another
/// statement is spliced in as what it is.
/// </summary>
[InterpolatedStringHandler]
internal sealed class Statement(int literalLength, int formattedCount)
{
    private readonly List<Part> parts = new(2 * formattedCount + 1);

    private readonly record struct Part(string? Text, object? Value);

    public static Statement Empty => $"";

    /// <summary>Text as it is, for what no parameter can stand for, such as the name of a table. Never of anything that came from outside.</summary>
    public static Statement Raw(string text)
    {
        var statement = Empty;
        statement.AppendLiteral(text);
        return statement;
    }

    public static Statement Direction(bool descending)
    {
        if (descending)
        {
            return $"desc";
        }

        return $"asc";
    }

    public void AppendLiteral(string text) => parts.Add(new(text, null));

    public void AppendFormatted(Statement nested) => parts.AddRange(nested.parts);

    public void AppendFormatted<T>(T value) => parts.Add(new(null, Stored(value)));

    /// <summary>The statements one after another, e.g. the values of an <c>in</c> list.</summary>
    public static Statement Join(Statement separator, IEnumerable<Statement> statements)
    {
        var joined = Empty;
        foreach (var statement in statements)
        {
            if (joined.parts.Count > 0)
            {
                joined.AppendFormatted(separator);
            }

            joined.AppendFormatted(statement);
        }

        return joined;
    }

    /// <summary>Writes the text with parameters <c>@p0</c>, <c>@p1</c>, … and hands each value to <paramref name="bind"/>.</summary>
    public string Render(Action<string, object?> bind)
    {
        var text = new StringBuilder(literalLength + 4 * formattedCount);
        var count = 0;
        foreach (var part in parts)
        {
            if (part.Text is not null)
            {
                text.Append(part.Text);
                continue;
            }

            var name = $"@p{count++}";
            text.Append(name);
            bind(name, part.Value);
        }

        return text.ToString();
    }

    private static object? Stored<T>(T value) => value switch
    {
        ProjectId id => id.Value,
        ModelId id => id.Value,
        DeploymentId id => id.Value,
        ApiKeyId id => id.Value,
        DateTimeOffset time => Columns.Microseconds(time),
        Stage stage => Columns.Text(stage),
        _ => value,
    };
}
