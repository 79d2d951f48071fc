using System.Net;
using System.Net.Sockets;

namespace ClusterProxy.Client.Tests.Servers;

/// <summary>A function of the application's, asked for a certificate or authorities, fails.</summary>
public sealed class CredentialFaultTests
{
    [Theory]
    [InlineData(TunnelTransport.Lane, true)]
    [InlineData(TunnelTransport.Lane, false)]
    [InlineData(TunnelTransport.HttpConnect, true)]
    [InlineData(TunnelTransport.Grpc, true)]
    public async Task Fault_IsTheDials_AndTheClientCanBeDisposed(TunnelTransport transport, bool ofTheCertificate)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var options = new TunnelClientOptions { Address = new Uri($"https://{listener.LocalEndpoint}"), Transport = transport };
        if (ofTheCertificate)
        {
            options.ClientCertificateProvider = static () => throw new InvalidOperationException("the vault is sealed");
        }
        else
        {
            options.ServerAuthoritiesProvider = static () => throw new InvalidOperationException("the vault is sealed");
        }

        await using var client = new TunnelClient(options);
        for (var i = 0; i < 3; i++)
        {
            var failure = await Assert.ThrowsAsync<TunnelConnectException>(() => client.ConnectAsync("node1:443")).DefaultTimeout();
            Assert.Contains("the vault is sealed", failure.Message, StringComparison.Ordinal);
        }
    }
}
