namespace ClusterProxy.Gateway.Certificates;

/// <summary>The names that a self-issued certificate bears.</summary>
internal static class ServingNames
{
    /// <param name="service">The Service in front of the gateway, as <c>namespace/name</c>; empty without Kubernetes.</param>
    /// <param name="more">Names and addresses by which others reach it.</param>
    public static IReadOnlyList<string> Of(string service, IReadOnlyList<string> more)
    {
        var names = new List<string>();
        if (service.Split('/') is [var space, var name])
        {
            // kube-apiserver checks the third; the others are what programs in the cluster write.
            names.AddRange([$"{name}.{space}.svc", name, $"{name}.{space}", $"{name}.{space}.svc.cluster.local"]);
        }

        names.AddRange(["localhost", "127.0.0.1", "::1"]);
        return [.. names.Concat(more).Distinct(StringComparer.OrdinalIgnoreCase)];
    }
}
