using System.Text.Json.Nodes;
using ClusterProxy.Kubernetes.Selectors;

namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>Namespace and selectors of a list or a watch.</summary>
internal sealed class ObjectFilter
{
    private readonly string _namespace;
    private readonly LabelSelector _labels;
    private readonly FieldSelector _fields;

    private ObjectFilter(string inNamespace, LabelSelector labels, FieldSelector fields) =>
        (_namespace, _labels, _fields) = (inNamespace, labels, fields);

    public bool IsSelective => _labels.Requirements.Count + _fields.Requirements.Count > 0;

    public static ObjectFilter Of(ApiCall call)
    {
        try
        {
            return new ObjectFilter(
                call.Namespace, LabelSelector.Parse(call.Query("labelSelector") ?? ""), FieldSelector.Parse(call.Query("fieldSelector") ?? ""));
        }
        catch (FormatException e)
        {
            throw ApiErrorException.Bad($"unable to parse requirement: {e.Message}");
        }
    }

    public bool Matches(JsonObject? value) => value is not null
        && (_namespace.Length == 0 || ObjectPath.Text(value, "metadata.namespace") == _namespace)
        && _labels.Matches(ObjectPath.Labels(value))
        && _fields.Matches(path => ObjectPath.Text(value, path));
}
