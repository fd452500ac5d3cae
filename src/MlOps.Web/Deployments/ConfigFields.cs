using System.Text;
using System.Text.Json;
using MlOps.Requests;

namespace MlOps.Deployments;

/// <summary>The <c>config</c> object of a create: fields that may also stand beside it, and others that are kept as they are.</summary>
internal sealed class ConfigFields(FieldReader top, JsonElement? config, FaultList faults)
{
    private static readonly JsonElement Nothing = JsonElement.Parse("{}");

    private readonly FieldReader inner = new(config ?? Nothing, "/config", faults);

    public bool Has(string name) => inner.Has(name);

    /// <summary>The field from either place; given in both it must be the same.</summary>
    public T? Both<T>(string name, Func<FieldReader, T?> read)
    {
        var (outside, inside) = (read(top), read(inner));
        if (outside is not null && inside is not null && !outside.Equals(inside))
        {
            inner.Fault(name, $"'{name}' stands beside config and in it, with different values: send it once.");
        }

        return outside is null ? inside : outside;
    }

    /// <summary>The keys that mean nothing to us, as a JSON object; null when there are none.</summary>
    public string? Others()
    {
        var others = inner.Unread().ToList();
        if (others.Count == 0)
        {
            return null;
        }

        var json = JsonAnswer.Bytes(writer =>
        {
            foreach (var name in others)
            {
                writer.WriteRaw(name, inner[name].GetRawText());
            }
        });
        return Encoding.UTF8.GetString(json);
    }
}
