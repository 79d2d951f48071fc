using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace ClusterProxy.Gateway.Tests.Kit;

/// <summary>What callers of the gateway need below HTTP.</summary>
internal static class Wire
{
    /// <param name="authority">Of the gateway's certificate.</param>
    /// <param name="certificate">What the caller proves; null for nothing.</param>
    public static SocketsHttpHandler Handler(X509Certificate2 authority, TestCertificate? certificate) => new()
    {
        AllowAutoRedirect = false,
        SslOptions = new SslClientAuthenticationOptions
        {
            ClientCertificates = certificate is null ? [] : [certificate.Certificate],
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                CustomTrustStore = { authority },
            },
        },
    };

    /// <summary>The head of an answer, its empty line included, and not a byte more.</summary>
    public static async Task<string> ReadHeadAsync(Stream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one).DefaultTimeout() == 1)
        {
            head.Append((char)one[0]);
        }

        return head.ToString();
    }
}
