using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace ClusterProxy.LoadTests.Topologies;

/// <summary>A server with its agents, asked by one kind of frontend.</summary>
internal sealed class ProxyTopology(string name, Rig rig, ProxyPair pair, FrontendKind kind) : Topology(name)
{
    private readonly string _target = rig.Target.EndPoint.ToString();
    private SdkFrontend? _sdk;

    public ProxyPair Pair => pair;

    protected override IEnumerable<int> ProcessIds => pair.ServerIds.Concat(pair.AgentIds);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await pair.StartAsync(cancellationToken);
        if (kind is FrontendKind.GrpcUnix or FrontendKind.GrpcTls)
        {
            _sdk ??= new SdkFrontend(rig, pair, kind == FrontendKind.GrpcTls);
        }
    }

    public override async Task StopAsync()
    {
        if (_sdk is { } sdk)
        {
            _sdk = null;
            await sdk.DisposeAsync();
        }

        await pair.StopAsync();
    }

    public override async ValueTask<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        if (_sdk is { } sdk)
        {
            return await sdk.ConnectAsync(_target, cancellationToken);
        }

        var stream = kind == FrontendKind.ConnectUnix
            ? await Loopback.ConnectAsync(new UnixDomainSocketEndPoint(pair.UnixSocket), cancellationToken)
            : await ConnectTlsAsync(cancellationToken);
        try
        {
            await ConnectFrontend.OpenAsync(stream, _target, cancellationToken);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    private async Task<Stream> ConnectTlsAsync(CancellationToken cancellationToken)
    {
        var stream = new SslStream(await Loopback.ConnectAsync(pair.FrontendPort, cancellationToken));
        try
        {
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = "127.0.0.1",
                    EnabledSslProtocols = SslProtocols.Tls13,
                    ClientCertificates = [rig.ClientCertificate.Certificate],
                    CertificateChainPolicy = new X509ChainPolicy
                    {
                        TrustMode = X509ChainTrustMode.CustomRootTrust,
                        CustomTrustStore = { rig.Certificates.Authority.Certificate },
                        RevocationMode = X509RevocationMode.NoCheck,
                    },
                },
                cancellationToken);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }
}
