using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace ClusterProxy.Gateway.Tests.Kit;

/// <summary>A GET written by hand: HttpClient would join the lines of one header.</summary>
internal static class RawCall
{
    /// <returns>The status and the body.</returns>
    public static async Task<(int Status, string Body)> GetRawAsync(
        this GatewayFixture gateway, TestCertificate? certificate, string target, params (string Name, string Value)[] headers)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("localhost", gateway.Host.SecurePort).DefaultTimeout();
        await using var stream = new SslStream(new NetworkStream(socket));
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ClientCertificates = certificate is null ? [] : [certificate.Certificate],
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                CustomTrustStore = { gateway.Serving.Authority.Certificate },
            },
        }).DefaultTimeout();
        var lines = string.Concat(headers.Select(static h => $"{h.Name}: {h.Value}\r\n"));
        await stream.WriteAsync(Encoding.UTF8.GetBytes($"GET {target} HTTP/1.0\r\nHost: localhost\r\n{lines}\r\n")).AsTask().DefaultTimeout();
        using var reader = new StreamReader(stream);
        var text = await reader.ReadToEndAsync().DefaultTimeout();
        return (int.Parse(text.AsSpan(9, 3), CultureInfo.InvariantCulture), text[(text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
    }
}
