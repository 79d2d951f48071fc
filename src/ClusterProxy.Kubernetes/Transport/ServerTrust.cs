using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Kubernetes.Configuration;
using ClusterProxy.Kubernetes.Credentials;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Kubernetes.Transport;

/// <summary>
/// Whether a server's certificate is accepted. The authorities are read again for new handshakes, so a CA that was rolled over
/// needs no restart. With authorities of its own the machine's roots do not count, and nothing is downloaded.
/// </summary>
public sealed class ServerTrust
{
    private readonly Lock _gate = new();
    private readonly KubeConfigCluster _cluster;
    private readonly RereadText? _authority;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private string? _anchorText;
    private X509Certificate2Collection _anchors = [];
    private volatile string? _lastFailure;

    /// <exception cref="KubeConfigException">The authority cannot be used.</exception>
    public ServerTrust(KubeConfigCluster cluster, TimeSpan rereadPeriod, TimeProvider time, ILogger logger)
    {
        _cluster = cluster;
        _time = time;
        _logger = logger;
        _authority = cluster.CertificateAuthority is { } source ? new RereadText(source, rereadPeriod, time, logger) : null;
        if (_authority is not null)
        {
            Anchors();
        }
    }

    /// <summary>
    /// For the platform's own look at a certificate, which comes before <see cref="Validate"/>: nobody is trusted there. Otherwise it
    /// would go through all roots of the machine at each handshake, for an answer that does not count. A new one for each handler;
    /// null where the machine's roots do count.
    /// </summary>
    public X509ChainPolicy? PlatformPolicy() => _authority is null && !_cluster.InsecureSkipTlsVerify
        ? null
        : new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };

    /// <summary>What was wrong at the last handshake that failed here; null when none did.</summary>
    public string? LastFailure => _lastFailure;

    public bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (_cluster.InsecureSkipTlsVerify)
        {
            return true;
        }

        _lastFailure = certificate is not X509Certificate2 leaf ? "the server sent no certificate"
            : NameFailure(leaf, errors) ?? (_authority is null ? SystemFailure(errors) : ChainFailure(leaf, chain));
        return _lastFailure is null;
    }

    private static string? SystemFailure(SslPolicyErrors errors) => errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors)
        ? "no authority of this machine vouches for the server's certificate; give the cluster's certificate-authority"
        : null;

    private string? NameFailure(X509Certificate2 leaf, SslPolicyErrors errors)
    {
        var matches = _cluster.TlsServerName is { } name
            ? leaf.MatchesHostname(name)
            : !errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch);
        return matches
            ? null
            : $"the server's certificate is not for \"{_cluster.TlsServerName ?? _cluster.Server.IdnHost}\" but for {Names(leaf)}; "
                + "set tls-server-name if that is the right server";
    }

    private string? ChainFailure(X509Certificate2 leaf, X509Chain? presented)
    {
        var anchors = Anchors();
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = _time.GetUtcNow().UtcDateTime;
        chain.ChainPolicy.CustomTrustStore.AddRange(anchors);
        chain.ChainPolicy.ExtraStore.AddRange(presented?.ChainPolicy.ExtraStore ?? []);
        if (chain.Build(leaf))
        {
            return null;
        }

        var flags = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, static (all, s) => all | s.Status);

        // As in Go's pools, an intermediate that was given is an anchor too; the platform insists on a self-signed end.
        return flags == X509ChainStatusFlags.PartialChain && chain.ChainElements.Any(e => anchors.Contains(e.Certificate))
            ? null
            : $"the server's certificate {leaf.Subject}, issued by {leaf.Issuer}, is not accepted ({flags}); "
                + $"check the certificate-authority in {_cluster.CertificateAuthority}";
    }

    private X509Certificate2Collection Anchors()
    {
        var text = _authority!.Read();
        lock (_gate)
        {
            if (text == _anchorText)
            {
                return _anchors;
            }

            try
            {
                var anchors = new X509Certificate2Collection();
                anchors.ImportFromPem(text);
                _anchors = anchors.Count > 0 ? anchors : throw new CryptographicException("there is none");
                _anchorText = text;
            }
            catch (CryptographicException e)
            {
                var error = new KubeConfigException(
                    $"{_cluster.CertificateAuthority}: holds no usable certificate ({e.Message}); give a PEM bundle", e);
                if (_anchorText is null)
                {
                    throw error;
                }

                KubernetesLog.KeptLastFile(_logger, error.Message);
            }

            return _anchors;
        }
    }

    private static string Names(X509Certificate2 leaf) =>
        leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(static san => san.EnumerateDnsNames().Concat(san.EnumerateIPAddresses().Select(static ip => ip.ToString())))
            .ToArray() is { Length: > 0 } names
            ? string.Join(", ", names)
            : $"\"{leaf.Subject}\" without alternative names";
}
