using System.Net.Http.Headers;
using System.Text;

namespace ClusterProxy.Kubernetes.Configuration;

/// <summary>As whom requests are made, by Impersonate headers.</summary>
public sealed record Impersonation(
    string User,
    string? Uid = null,
    IReadOnlyList<string>? Groups = null,
    IReadOnlyDictionary<string, IReadOnlyList<string>>? Extra = null)
{
    /// <summary>Adds the Impersonate headers; those that may be there already are not looked at.</summary>
    public void AddTo(HttpRequestHeaders headers)
    {
        headers.TryAddWithoutValidation("Impersonate-User", User);
        if (Uid is not null)
        {
            headers.TryAddWithoutValidation("Impersonate-Uid", Uid);
        }

        foreach (var group in Groups ?? [])
        {
            headers.TryAddWithoutValidation("Impersonate-Group", group);
        }

        foreach (var (key, values) in Extra ?? new Dictionary<string, IReadOnlyList<string>>())
        {
            foreach (var value in values)
            {
                headers.TryAddWithoutValidation($"Impersonate-Extra-{EscapeKey(key)}", value);
            }
        }
    }

    /// <summary>Keys become part of a header's name: what cannot stand there is percent-encoded, as the API server decodes it.</summary>
    private static string EscapeKey(string key)
    {
        var escaped = new StringBuilder(key.Length);
        foreach (var octet in Encoding.UTF8.GetBytes(key))
        {
            var character = (char)octet;
            _ = char.IsAsciiLetterOrDigit(character) || "!#$&'*+-.^_`|~".Contains(character, StringComparison.Ordinal)
                ? escaped.Append(character)
                : escaped.Append(System.Globalization.CultureInfo.InvariantCulture, $"%{octet:X2}");
        }

        return escaped.ToString();
    }
}
