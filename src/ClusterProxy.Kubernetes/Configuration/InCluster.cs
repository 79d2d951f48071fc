using System.Net;
using System.Net.Sockets;

namespace ClusterProxy.Kubernetes.Configuration;

/// <summary>
/// Access with what kubelet gives every pod. Token and CA are rotated in place, so both stay paths that are read again.
/// </summary>
public static class InCluster
{
    public const string ServiceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";
    public const string HostVariable = "KUBERNETES_SERVICE_HOST";
    public const string PortVariable = "KUBERNETES_SERVICE_PORT";

    public static bool IsAvailable => Variable(HostVariable) is not null && File.Exists(Path.Combine(ServiceAccountFolder, "token"));

    /// <exception cref="KubeConfigException">This process runs in no cluster.</exception>
    public static ClusterAccess Access() => Access(Variable(HostVariable), Variable(PortVariable), ServiceAccountFolder);

    /// <param name="host">An address or a name; null when the variable is not set.</param>
    /// <param name="port">Null when the variable is not set.</param>
    /// <param name="folder">Holds token, ca.crt and namespace.</param>
    /// <exception cref="KubeConfigException">A part is missing.</exception>
    internal static ClusterAccess Access(string? host, string? port, string folder)
    {
        if (host is null || port is null)
        {
            throw new KubeConfigException(
                $"{HostVariable} and {PortVariable} are not set, so this process runs in no cluster; name a kubeconfig file");
        }

        var token = Path.Combine(folder, "token");
        var authority = Path.Combine(folder, "ca.crt");
        foreach (var file in (string[])[token, authority])
        {
            if (!File.Exists(file))
            {
                throw new KubeConfigException($"{file}: no such file; mount the pod's service account, or name a kubeconfig file");
            }
        }

        var literal = IPAddress.TryParse(host, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{host}]" : host;
        return Uri.TryCreate($"https://{literal}:{port}", UriKind.Absolute, out var server)
            ? new ClusterAccess(
                new KubeConfigCluster { Server = server, CertificateAuthority = PemSource.FromFile(authority) },
                new KubeConfigUser { TokenFile = token },
                Namespace(Path.Combine(folder, "namespace")))
            : throw new KubeConfigException($"{HostVariable}={host} and {PortVariable}={port} make no address");
    }

    private static string Namespace(string path) =>
        File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } name ? name : ClusterAccess.DefaultNamespace;

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
