using ClusterProxy.Cli.Doctor.Report;
using ClusterProxy.Kubernetes.Resources;

namespace ClusterProxy.Cli.Doctor.Facts;

/// <summary>What the hub's API has for the gateway.</summary>
/// <param name="Name">Of the object.</param>
/// <param name="Object">Null when it could not be had.</param>
/// <param name="Fault">Why not.</param>
internal sealed record ApiServiceFacts(string Name, ApiService? Object, Fault? Fault)
{
    /// <summary>By which kube-apiserver reaches the gateway, and which its certificate must bear; null when the object names no service.</summary>
    public string? ServiceName =>
        Object?.Spec?.MoreFields?.TryGetValue("service", out var service) == true && service.ValueKind == System.Text.Json.JsonValueKind.Object
        && service.TryGetProperty("name", out var name) && service.TryGetProperty("namespace", out var space)
            ? $"{name}.{space}.svc" : null;
}
