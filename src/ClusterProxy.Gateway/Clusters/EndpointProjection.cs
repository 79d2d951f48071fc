using System.Net;
using System.Text;
using ClusterProxy.Client;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Kubernetes.Configuration;
using ClusterProxy.Kubernetes.Resources;

namespace ClusterProxy.Gateway.Clusters;

/// <summary>Where a cluster is, by its Secret and its ManagedCluster.</summary>
internal sealed class EndpointProjection(GatewayOptions options)
{
    private const string Insecure = "insecure";
    private const string SystemRoots = "system-roots";

    private readonly ClusterKeys _keys = new(options.Group);
    private readonly ClusterAddresses _addresses = new(options.AllowClusterNetworks);

    /// <param name="secret">Labelled.</param>
    /// <param name="managed">Of the same name, if there is one.</param>
    /// <param name="origin">Of the Secret.</param>
    /// <exception cref="FormatException">It cannot be used.</exception>
    public ClusterEndpoint Project(Secret secret, ManagedCluster? managed, ClusterOrigin origin)
    {
        // Upstream: what is not known is Const.
        var label = secret.Metadata?.Labels?.GetValueOrDefault(_keys.EndpointType);
        var endpoint = label == nameof(EndpointKind.ClusterProxy) ? ThroughTunnel(secret) : Straight(secret, managed, origin == ClusterOrigin.File);
        var serverName = Annotation(secret, _keys.ServerName) ?? endpoint.ServerName;
        return Trusted(endpoint with { ServerName = ServerName(serverName) }, secret, managed);
    }

    private ClusterEndpoint ThroughTunnel(Secret secret)
    {
        var target = Annotation(secret, _keys.TunnelTarget) ?? $"{secret.Key.Name}:443";
        return new ClusterEndpoint
        {
            Kind = EndpointKind.ClusterProxy,
            Address = TunnelTarget.TryParse(target, out var parsed)
                ? new Uri($"https://{parsed}")
                : throw new FormatException($"annotation {_keys.TunnelTarget} is \"{target}\", which is no host with a port; write one such as kubernetes.default.svc:443"),
            ServerName = options.TunnelServerName,
        };
    }

    private ClusterEndpoint Straight(Secret secret, ManagedCluster? managed, bool isOfFile)
    {
        // Upstream's rule: of several client configs the first, and the Secret's own address does not count then.
        var config = FirstConfig(managed);
        var text = config?.Url ?? secret.Text(ClusterKeys.Endpoint)?.Trim() ?? "";
        var where = config?.Url is null ? $"data key {ClusterKeys.Endpoint}" : "the ManagedCluster's first client config";
        if (text.Length == 0)
        {
            throw new FormatException($"{where} is missing; put the API server's address there, such as https://10.0.0.1:6443");
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme != Uri.UriSchemeHttps || address.Host.Length == 0)
        {
            throw new FormatException($"{where} is \"{Shown(text)}\", which is no https address; write one such as https://10.0.0.1:6443");
        }

        if (address.UserInfo.Length > 0 || address.Query.Length > 0 || address.Fragment.Length > 0)
        {
            throw new FormatException($"{where} must be scheme, host, port and path only: remove user, query and fragment");
        }

        var proxy = Proxy(secret);
        if (IPAddress.TryParse((proxy ?? address).IdnHost, out var dialled) && _addresses.Objection(dialled, isOfFile) is { } objection)
        {
            throw new FormatException($"{(proxy is null ? where : $"data key {ClusterKeys.ProxyUrl}")}: {objection}");
        }

        return new ClusterEndpoint { Kind = EndpointKind.Const, Address = address, ProxyUrl = proxy, IsOfFile = isOfFile };
    }

    private static Uri? Proxy(Secret secret)
    {
        if (secret.Text(ClusterKeys.ProxyUrl)?.Trim() is not { Length: > 0 } text)
        {
            return null;
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var proxy) && proxy.Scheme is "http" or "https" or "socks5"
            ? proxy
            : throw new FormatException($"data key {ClusterKeys.ProxyUrl} is no http, https or socks5 address");
    }

    private ClusterEndpoint Trusted(ClusterEndpoint endpoint, Secret secret, ManagedCluster? managed)
    {
        switch (Annotation(secret, _keys.Trust))
        {
            case Insecure:
                return endpoint with { Insecure = true };
            case SystemRoots:
                return endpoint;
            case { } other:
                throw new FormatException($"annotation {_keys.Trust} is \"{other}\"; write {Insecure} or {SystemRoots}, or remove it");
        }

        if (endpoint.Kind == EndpointKind.Const && FirstConfig(managed) is { Url: not null, CaBundle: not { Length: > 0 } })
        {
            // Upstream's rule: address and authorities are of the same object, and a client config without authorities has the machine's.
            return endpoint;
        }

        // Behind the tunnel the API server shows the certificate that the Secret's CA, from inside the cluster, belongs to.
        var ofManaged = FirstConfig(managed)?.CaBundle is { Length: > 0 } bundle ? bundle : null;
        var ofSecret = Bytes(secret, ClusterKeys.CaCertificate) ?? Bytes(secret, ClusterKeys.OlderCaCertificate);
        var pem = endpoint.Kind == EndpointKind.ClusterProxy ? ofSecret ?? ofManaged : ofManaged ?? ofSecret;
        if (pem is null)
        {
            throw new FormatException(
                $"data key {ClusterKeys.CaCertificate} is missing, so the API server could not be told from another; put its CA there, or "
                + $"write annotation {_keys.Trust}: {SystemRoots} to trust the machine's roots, or {Insecure} to trust everybody");
        }

        CaBundle.Check(Encoding.UTF8.GetString(pem), $"data key {ClusterKeys.CaCertificate}");
        return endpoint with { CaBundle = PemSource.FromBytes(pem) };
    }

    private static ManagedClusterClientConfig? FirstConfig(ManagedCluster? managed) =>
        managed?.Spec?.ManagedClusterClientConfigs is [var first, ..] ? first : null;

    private string? ServerName(string? name) => name is null || Uri.CheckHostName(name) == UriHostNameType.Dns
        ? name
        : throw new FormatException($"annotation {_keys.ServerName} is \"{name}\", which is no DNS name");

    private static byte[]? Bytes(Secret secret, string key) => secret.Data?.GetValueOrDefault(key) is { Length: > 0 } value ? value : null;

    private static string? Annotation(Secret secret, string key) =>
        secret.Metadata?.Annotations?.GetValueOrDefault(key) is { Length: > 0 } value ? value : null;

    /// <summary>Without what stands before the host, which may be a password: the text goes into the log.</summary>
    private static string Shown(string text)
    {
        var host = text.LastIndexOf('@');
        var shown = host < 0 ? text : "…" + text[host..];
        return shown.Length <= 100 ? shown : shown[..100] + "…";
    }
}
