using System.Text.Json;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Kubernetes.Resources;

namespace ClusterProxy.Gateway.Authentication;

/// <summary>
/// Reads the ConfigMap in which kube-apiserver says by what it proves itself to aggregated servers. A key that is absent or cannot be
/// read keeps what it said last, so that a slip of an operator does not lock everybody out. Names that cannot be read and were never
/// known believe no front proxy: no list would mean any name.
/// </summary>
internal static class ExtensionAuthentication
{
    public static readonly ResourceName Name = new("kube-system", "extension-apiserver-authentication");

    private const string ClientCa = "client-ca-file";
    private const string FrontProxyCa = "requestheader-client-ca-file";
    private const string AllowedNames = "requestheader-allowed-names";

    /// <param name="map">As it is now.</param>
    /// <param name="last">What was in use before.</param>
    /// <param name="problems">Gets one sentence for each key that cannot be used.</param>
    public static AuthenticationSettings Read(ConfigMap map, AuthenticationSettings last, ICollection<string> problems)
    {
        var data = map.Data ?? new Dictionary<string, string>();
        var clientCa = Bundle(data, ClientCa, problems) ?? last.ClientCa;
        var proxyCa = Bundle(data, FrontProxyCa, problems) ?? last.FrontProxy?.Ca;
        var names = List(data, AllowedNames, problems);
        if (proxyCa is null || (names is null && last.FrontProxy is null && data.GetValueOrDefault(AllowedNames) is { Length: > 0 }))
        {
            return new AuthenticationSettings(null, clientCa);
        }

        var before = last.FrontProxy ?? new FrontProxySettings { Ca = proxyCa };
        return new AuthenticationSettings(
            new FrontProxySettings
            {
                Ca = proxyCa,
                AllowedNames = names ?? before.AllowedNames,
                UserHeaders = Headers(data, "requestheader-username-headers", problems) ?? before.UserHeaders,
                UidHeaders = Headers(data, "requestheader-uid-headers", problems) ?? before.UidHeaders,
                GroupHeaders = Headers(data, "requestheader-group-headers", problems) ?? before.GroupHeaders,
                ExtraPrefixes = Headers(data, "requestheader-extra-headers-prefix", problems) ?? before.ExtraPrefixes,
            },
            clientCa);
    }

    private static CaBundle? Bundle(IReadOnlyDictionary<string, string> data, string key, ICollection<string> problems)
    {
        if (!data.TryGetValue(key, out var pem) || pem.Length == 0)
        {
            return null;
        }

        try
        {
            return CaBundle.Parse(pem, key);
        }
        catch (FormatException e)
        {
            problems.Add(e.Message);
            return null;
        }
    }

    /// <summary>Null for an empty list, too: a front proxy without headers would be none.</summary>
    private static string[]? Headers(IReadOnlyDictionary<string, string> data, string key, ICollection<string> problems) =>
        List(data, key, problems)?.Where(static n => n.Trim().Length > 0).ToArray() is { Length: > 0 } names ? names : null;

    /// <summary>Null when the key is absent or no array of texts.</summary>
    private static IReadOnlyList<string>? List(IReadOnlyDictionary<string, string> data, string key, ICollection<string> problems)
    {
        if (!data.TryGetValue(key, out var text) || text.Length == 0)
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(text);
            if (json.RootElement.ValueKind == JsonValueKind.Array
                && json.RootElement.EnumerateArray().All(static e => e.ValueKind == JsonValueKind.String))
            {
                return [.. json.RootElement.EnumerateArray().Select(static e => e.GetString()!)];
            }
        }
        catch (JsonException)
        {
            // Said below.
        }

        problems.Add($"{key} is no JSON array of texts");
        return null;
    }
}
