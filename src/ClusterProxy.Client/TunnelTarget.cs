using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ClusterProxy.Protocol;

namespace ClusterProxy.Client;

/// <summary>What an agent is to dial: a host, which the agent resolves, and a TCP port.</summary>
public sealed record TunnelTarget
{
    private const int MaxHostLength = 253;
    private const int ServiceProxyPort = 7443;

    /// <summary>Creates a target.</summary>
    /// <param name="host">A DNS name or an IP address, IPv6 without brackets. It is resolved where the agent runs.</param>
    /// <param name="port">1 to 65535.</param>
    /// <exception cref="ArgumentException">The host is no name or address.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The port is out of range.</exception>
    public TunnelTarget(string host, int port)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        if (!IsHost(host))
        {
            throw new ArgumentException($"\"{host}\" is no host name and no IP address", nameof(host));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, IPEndPoint.MaxPort);
        Host = host;
        Port = port;
    }

    /// <summary>
    /// The service proxy of a managed cluster: a host that stands in no DNS and is known to the cluster's agent alone
    /// (<c>&lt;hash&gt;.open-cluster-management.proxy</c>), port 7443. It goes on to Services of the cluster.
    /// </summary>
    /// <param name="cluster">The cluster's name.</param>
    public static TunnelTarget ServiceProxy(string cluster)
    {
        ArgumentException.ThrowIfNullOrEmpty(cluster);
        return new TunnelTarget(ServiceProxyHost.Of(cluster), ServiceProxyPort);
    }

    /// <summary>A DNS name or an IP address, IPv6 without brackets.</summary>
    public string Host { get; }

    /// <summary>The TCP port.</summary>
    public int Port { get; }

    /// <summary>Reads <c>host:port</c>, <c>10.0.0.1:443</c> or <c>[::1]:443</c>.</summary>
    /// <param name="text">The target.</param>
    /// <exception cref="FormatException">The text is none of these; the message says why.</exception>
    public static TunnelTarget Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out var target)
            ? target
            : throw new FormatException($"\"{text}\" is no target; write host:port, such as node1:443 or [::1]:443");
    }

    /// <summary>Reads <c>host:port</c>, <c>10.0.0.1:443</c> or <c>[::1]:443</c>.</summary>
    /// <param name="text">The target.</param>
    /// <param name="target">The result.</param>
    /// <returns>False when the text is none of these.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out TunnelTarget? target)
    {
        target = null;
        var colon = text?.LastIndexOf(':') ?? -1;
        if (text is null || colon < 1 ||
            !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) ||
            port is < 1 or > IPEndPoint.MaxPort)
        {
            return false;
        }

        var host = text[..colon];
        var bracketed = host is ['[', .., ']'];
        host = bracketed ? host[1..^1] : host;
        if (!IsHost(host) || bracketed != host.Contains(':', StringComparison.Ordinal))
        {
            return false;
        }

        target = new TunnelTarget(host, port);
        return true;
    }

    /// <summary>As the wire and a URL write it: IPv6 in brackets.</summary>
    /// <returns><c>host:port</c>.</returns>
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    // The text goes into a CONNECT request line and into log lines, so only what a name or an address is made of passes.
    private static bool IsHost(string host) =>
        host.Length is > 0 and <= MaxHostLength && host[0] != '-' &&
        (host.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_') ||
            (IPAddress.TryParse(host, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6 && !host.Contains('[', StringComparison.Ordinal)));
}
