using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace ClusterProxy.Client.Servers;

/// <summary>Checks the server's certificate in one handshake, and keeps what was wrong with it in words.</summary>
/// <param name="serverName">The name it must carry.</param>
internal sealed class ServerCertificateCheck(string serverName)
{
    /// <summary>Null while nothing was wrong.</summary>
    public string? Failure { get; private set; }

    public static X509ChainPolicy ChainPolicy(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck };
        if (authorities.Count > 0)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(authorities);
            // An authority of one's own is complete as given: nothing is fetched for it.
            policy.DisableCertificateDownloads = true;
        }

        return policy;
    }

    public bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        Failure = errors switch
        {
            SslPolicyErrors.None => null,
            _ when certificate is null => "the server sent no certificate",
            _ when errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) => ChainFailure(certificate, chain),
            _ => $"the server's certificate is for {Names(certificate)}, not for \"{serverName}\"; " +
                $"set {nameof(TunnelClientOptions.ServerName)} to one of these if that is the right server",
        };
        return errors == SslPolicyErrors.None;
    }

    private static string ChainFailure(X509Certificate certificate, X509Chain? chain)
    {
        var status = chain?.ChainStatus.Length > 0
            ? string.Join("; ", chain.ChainStatus.Select(s => $"{s.Status}: {s.StatusInformation.Trim()}"))
            : "no chain could be built";
        return $"the server's certificate \"{certificate.Subject}\", issued by \"{certificate.Issuer}\", is not trusted ({status}); " +
            $"give its authority in {nameof(TunnelClientOptions.ServerAuthorities)}";
    }

    private static string Names(X509Certificate certificate)
    {
        var names = (certificate as X509Certificate2)?.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(san => san.EnumerateDnsNames().Concat(san.EnumerateIPAddresses().Select(ip => ip.ToString())))
            .ToArray() ?? [];
        return names is [] ? $"\"{certificate.Subject}\" without alternative names" : string.Join(", ", names);
    }
}
