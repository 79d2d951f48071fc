using ClusterProxy.Interop.Tests.Chains;
using ClusterProxy.Interop.Tests.Tools;

namespace ClusterProxy.Interop.Tests.Upstream;

/// <summary>konnectivity's own frontend at our server, with either agent behind it.</summary>
public sealed class UpstreamClientTests
{
    private const int Requests = 20;

    /// <summary>It closes its connections at any signal, also at those by which Go's runtime interrupts its own threads.</summary>
    private static readonly KeyValuePair<string, string?> WithoutSignals = new("GODEBUG", "asyncpreemptoff=1");

    [SkippableTheory]
    [InlineData("grpc", Transport.UnixSocket, Pairing.OurServerOurAgent)]
    [InlineData("grpc", Transport.MutualTls, Pairing.OurServerOurAgent)]
    [InlineData("grpc", Transport.UnixSocket, Pairing.OurServerUpstreamAgent)]
    [InlineData("grpc", Transport.MutualTls, Pairing.OurServerUpstreamAgent)]
    [InlineData("http-connect", Transport.UnixSocket, Pairing.OurServerOurAgent)]
    [InlineData("http-connect", Transport.MutualTls, Pairing.OurServerOurAgent)]
    [InlineData("http-connect", Transport.UnixSocket, Pairing.OurServerUpstreamAgent)]
    [InlineData("http-connect", Transport.MutualTls, Pairing.OurServerUpstreamAgent)]
    [InlineData("grpc", Transport.UnixSocket, Pairing.UpstreamServerOurAgent)]
    [InlineData("grpc", Transport.MutualTls, Pairing.UpstreamServerOurAgent)]
    [InlineData("http-connect", Transport.UnixSocket, Pairing.UpstreamServerOurAgent)]
    [InlineData("http-connect", Transport.MutualTls, Pairing.UpstreamServerOurAgent)]
    public async Task Client_TwentyRequestsAtOnce_AllAreAnswered(string mode, Transport transport, Pairing pairing)
    {
        UpstreamPrograms.SkipIfMissing(UpstreamPrograms.Client);
        UpstreamPrograms.SkipIfMissing(pairing);
        await using var target = await HttpTarget.StartAsync(port: FreePorts.Shared.Next());
        await using var topology = await Topology.StartAsync(pairing, transport, mode);

        var run = await ToolRun.OfAsync(UpstreamPrograms.Client,
        [
            $"--mode={mode}", "--request-host=127.0.0.1", $"--request-port={target.Port}", $"--test-requests={Requests}",
            .. Frontend(topology.Server, transport),
        ], environment: [WithoutSignals]);

        Assert.True(run.ExitCode == 0, run.Errors);
        Assert.Equal(Requests, run.Errors.Split('\n').Count(line => line == target.Body));
        Assert.Equal(Requests, target.Requests.Value);
        await topology.WaitUntilIdleAsync();
        topology.Verify();
    }

    private static string[] Frontend(IServerSide server, Transport transport)
    {
        if (transport == Transport.UnixSocket)
        {
            return ["--proxy-host=", "--proxy-port=0", $"--proxy-uds={server.SocketPath}"];
        }

        var pair = server.Frontends.Client("konnectivity");
        return
        [
            "--proxy-host=127.0.0.1", $"--proxy-port={server.FrontendPort}", $"--ca-cert={server.Frontends.AuthorityFile}",
            $"--client-cert={pair.CertificateFile}", $"--client-key={pair.KeyFile}",
        ];
    }
}
