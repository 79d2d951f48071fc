using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ClusterProxy.Hosting.Certificates;

/// <summary>
/// Counts the connections that are open for each client certificate, so that whoever holds one cannot take the descriptors and the
/// memory of all. A renewed certificate counts anew: only the authority can give more of them.
/// </summary>
/// <param name="limit">The most for one certificate.</param>
/// <param name="flag">That says so, for the text of a refusal.</param>
internal sealed class CertificateConnections(int limit, string flag)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _open = new(StringComparer.Ordinal);

    public string Refusal { get; } = $"it has {limit} connections open already, as many as --{flag} allows";

    /// <summary>One more of the certificate; null when it has as many as it may.</summary>
    /// <returns>To be given back by <see cref="Release"/>.</returns>
    public string? Take(X509Certificate2 certificate)
    {
        var key = certificate.GetCertHashString(HashAlgorithmName.SHA256);
        lock (_gate)
        {
            var open = _open.GetValueOrDefault(key);
            if (open >= limit)
            {
                return null;
            }

            _open[key] = open + 1;
            return key;
        }
    }

    public void Release(string key)
    {
        lock (_gate)
        {
            if (--_open[key] is 0)
            {
                _open.Remove(key);
            }
        }
    }
}
