using System.Net;
using ClusterProxy.Agent.Servers;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Cli.Doctor.Facts;

/// <summary>A port to look at, and as whom.</summary>
/// <param name="Text">As the operator wrote it.</param>
/// <param name="EndPoint">A name with a port, an address with a port, or a Unix socket.</param>
/// <param name="Tls">Whether TLS is to be spoken.</param>
/// <param name="Name">Which the server's certificate must bear.</param>
internal sealed record PortTarget(string Text, EndPoint EndPoint, bool Tls, string Name)
{
    /// <summary>Null trusts the machine's own roots.</summary>
    public CaBundle? Authorities { get; init; }

    /// <summary>Shown when the server asks; null shows none.</summary>
    public KeyPair? Pair { get; init; }

    /// <summary>Ask as a CONNECT client rather than as one of gRPC.</summary>
    public bool HttpConnect { get; init; }

    /// <summary>What to ask a gateway for; null where a proxy-server is asked.</summary>
    public string? Path { get; init; }

    /// <summary>Whether nothing but HTTP/1.1 is to be spoken.</summary>
    public bool OnlyHttp11 => HttpConnect || Path is not null;

    /// <summary>Whose port it should be.</summary>
    public string Program => Path is null ? "proxy-server" : "gateway";

    public string DefaultPorts => Path is null ? "by default 8090 for frontends, 8091 for agents" : "by default 9443";

    /// <summary>Between here and the port, if it applies.</summary>
    public EgressProxy Proxy { get; init; } = EgressProxy.None;

    public bool IsThroughProxy => EndPoint is DnsEndPoint or IPEndPoint && Proxy.AppliesTo(new(Host, Port));

    public int Port => EndPoint switch
    {
        DnsEndPoint name => name.Port,
        IPEndPoint address => address.Port,
        _ => 0,
    };

    public string Host => EndPoint switch
    {
        DnsEndPoint name => name.Host,
        IPEndPoint address => address.Address.ToString(),
        _ => "localhost",
    };
}
