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
