using System.Net.Security;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace ClusterProxy.Hosting.Certificates;

/// <summary>Makes Kestrel serve HTTP/2 on a TLS connection whose peer sent the HTTP/2 preface without having negotiated it.</summary>
public sealed class Http2WithoutAlpn : ITlsApplicationProtocolFeature
{
    private Http2WithoutAlpn()
    {
    }

    public ReadOnlyMemory<byte> ApplicationProtocol => SslApplicationProtocol.Http2.Protocol;

    /// <summary>Call from connection middleware between TLS and HTTP, once the preface has been seen.</summary>
    public static void Apply(IFeatureCollection connectionFeatures) =>
        connectionFeatures.Set<ITlsApplicationProtocolFeature>(new Http2WithoutAlpn());
}
