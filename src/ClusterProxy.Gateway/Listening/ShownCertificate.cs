using System.Security.Cryptography.X509Certificates;

namespace ClusterProxy.Gateway.Listening;

/// <summary>
/// The client certificate of a connection, which nobody has checked: whom it proves, if anybody, is decided once a request, against the
/// authorities of that moment. A feature of the connection; absent when the client showed none.
/// </summary>
/// <param name="Leaf">The client's own.</param>
/// <param name="Intermediates">What it sent along.</param>
internal sealed record ShownCertificate(X509Certificate2 Leaf, IReadOnlyList<X509Certificate2> Intermediates);
