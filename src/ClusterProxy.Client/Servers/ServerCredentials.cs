using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Client.Servers;

/// <summary>What a handshake with the server shows and trusts, asked anew for each.</summary>
internal sealed class ServerCredentials
{
    private readonly TunnelClientOptions _options;
    private readonly FollowedFiles<SslStreamCertificateContext>? _pair;
    private readonly FollowedFiles<X509Certificate2Collection>? _authorities;

    /// <exception cref="ArgumentException">A file cannot be used.</exception>
    public ServerCredentials(TunnelClientOptions options, ILogger log)
    {
        _options = options;
        var threads = new SpareThreads();
        if (options.ClientCertificateFile is { } certificate)
        {
            var key = options.ClientKeyFile ?? certificate;
            _pair = new(nameof(options.ClientCertificateFile), [certificate, key], ParsePair, threads, log, options.TimeProvider);
        }

        if (options.ServerAuthoritiesFile is { } authorities)
        {
            _authorities = new(nameof(options.ServerAuthoritiesFile), [authorities], ParseAuthorities, threads, log, options.TimeProvider);
        }
    }

    public async ValueTask<SslStreamCertificateContext?> CertificateAsync(CancellationToken cancellationToken) =>
        _options.ClientCertificateProvider is { } provider ? provider()
        : _pair is not null ? await _pair.GetAsync(cancellationToken).ConfigureAwait(false)
        : null;

    public async ValueTask<X509Certificate2Collection> AuthoritiesAsync(CancellationToken cancellationToken) =>
        _options.ServerAuthoritiesProvider?.Invoke()
        ?? (_authorities is not null ? await _authorities.GetAsync(cancellationToken).ConfigureAwait(false) : _options.ServerAuthorities);

    private static SslStreamCertificateContext ParsePair(string[] contents)
    {
        var chain = ParseAuthorities([contents[0]]);
        chain.RemoveAt(0);
        return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(contents[0], contents[1]), chain, offline: true);
    }

    private static X509Certificate2Collection ParseAuthorities(string[] contents)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPem(contents[0]);
        return certificates.Count > 0 ? certificates : throw new CryptographicException("there is no certificate in it");
    }
}
