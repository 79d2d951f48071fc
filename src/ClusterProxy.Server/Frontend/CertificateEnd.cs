namespace ClusterProxy.Server.Frontend;

/// <summary>On a connection that a certificate opened.</summary>
/// <param name="Passed">Fires when it has ended.</param>
internal sealed record CertificateEnd(CancellationToken Passed);
