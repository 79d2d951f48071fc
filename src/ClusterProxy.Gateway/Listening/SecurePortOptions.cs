using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Listening;

internal sealed record SecurePortOptions
{
    public required IPAddress Address { get; init; }

    /// <summary>0 takes any free one.</summary>
    public required int Port { get; init; }

    /// <summary>Asked once a handshake, so that a renewed certificate serves the next one.</summary>
    public required Func<SslStreamCertificateContext> Certificate { get; init; }

    public required SslProtocols Versions { get; init; }

    public required IReadOnlyList<TlsCipherSuite> CipherSuites { get; init; }

    public required int MaxStreams { get; init; }

    /// <summary>Of a request over HTTP/2 to be the last new one of its connection; 0 for never.</summary>
    public float GoawayChance { get; init; }

    public required RequestDelegate Serve { get; init; }
}
