using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Gateway.Certificates;

/// <summary>Where the certificate of the port comes from. Each handshake asks for the pair; what is open is never touched.</summary>
internal interface IServingCertificate : IAsyncDisposable
{
    /// <summary>What the next handshake is answered with.</summary>
    KeyPair KeyPair { get; }

    /// <summary>PEM of the authorities by which clients check the pair; null when this source does not know them.</summary>
    string? Authorities { get; }
}
