using System.Globalization;
using System.Text;
using ClusterProxy.Kubernetes.Resources;

namespace ClusterProxy.Kubernetes.Requests;

/// <summary>The URLs of a kind.</summary>
internal sealed class ResourcePath(string group, string version, string plural, bool isNamespaced)
{
    private readonly string _root = group.Length == 0 ? $"/api/{version}" : $"/apis/{group}/{version}";

    /// <summary>The objects of a namespace, or of all.</summary>
    public string Collection(string? inNamespace) => inNamespace is null || !isNamespaced
        ? $"{_root}/{plural}"
        : $"{_root}/namespaces/{Segment(inNamespace)}/{plural}";

    public string Object(ResourceName name, string? subresource = null)
    {
        if (isNamespaced == name.Namespace is null)
        {
            throw new ArgumentException(
                isNamespaced ? $"{plural} lie in namespaces: {name} names none" : $"{plural} lie in no namespace: {name} names one",
                nameof(name));
        }

        var path = $"{Collection(name.Namespace)}/{Segment(name.Name)}";
        return subresource is null ? path : $"{path}/{subresource}";
    }

    /// <summary>The same, for a kind that is only ever created, such as a review.</summary>
    public string Creation(string? inNamespace) => isNamespaced && inNamespace is null
        ? throw new ArgumentException($"{plural} lie in namespaces: set metadata.namespace", nameof(inNamespace))
        : Collection(inNamespace);

    public static string WithQuery(string path, params ReadOnlySpan<(string Name, string? Value)> parameters)
    {
        var query = new StringBuilder(path);
        var separator = '?';
        foreach (var (name, value) in parameters)
        {
            if (value is { Length: > 0 })
            {
                query.Append(CultureInfo.InvariantCulture, $"{separator}{name}={Uri.EscapeDataString(value)}");
                separator = '&';
            }
        }

        return query.ToString();
    }

    /// <summary>Names come from objects of others: one that would change the path goes no further.</summary>
    private static string Segment(string name) => name is "" or "." or ".." || name.AsSpan().ContainsAny('/', '%')
        ? throw new ArgumentException($"\"{name}\" cannot be a name in the Kubernetes API", nameof(name))
        : Uri.EscapeDataString(name);
}
