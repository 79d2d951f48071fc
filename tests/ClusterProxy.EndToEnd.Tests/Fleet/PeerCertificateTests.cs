using ClusterProxy.Cli.Certs;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Fleet;

/// <summary>Servers with the certificates of <c>certs dev --server</c>, which change under them.</summary>
public sealed class PeerCertificateTests(ITestOutputHelper output) : TunnelTest(output)
{
    private readonly TemporaryDirectory _pki = new();

    [Fact]
    public async Task Authority_RolledOver_KeepsTheLanes_AndOpensTheNext()
    {
        Own(_pki);
        DevPkiFolder.Write(_pki.Path, DevPki.Issue(new DevPkiOptions { Out = _pki.Path, Servers = ["hub-0", "hub-1", "hub-2"] }, TimeProvider.System));
        var echo = Own(new EchoTarget());
        var fleet = Own(await FleetFixture.StartAsync(configure: (o, i) => o with
        {
            PeerCert = _pki.File($"peer-hub-{i}.crt"),
            PeerKey = _pki.File($"peer-hub-{i}.key"),
            PeerCaCert = _pki.File("peer-ca.crt"),
        }));
        await fleet.StartAgentAsync("alpha", echo.Address, 1, 2);
        var client = fleet.Client(FrontendKind.GrpcTls, 0);
        var running = await client.ConnectAsync("alpha:1").DefaultTimeout();

        await RotateAsync(fleet, RotationPhase.Trust, "ca", 1);
        await RotateAsync(fleet, RotationPhase.Issue, "serving", 1);
        await RotateAsync(fleet, RotationPhase.Retire, "ca", 2);

        await EchoAsync(running);
        Assert.DoesNotContain(fleet.Log.Records, static r => r.EventName == "PeerDisconnected");

        // With what is in the files now.
        await running.DisposeAsync().DefaultTimeout();
        foreach (var lane in fleet.Servers.SelectMany(static s => s!.Fleet!.Served.Lanes).ToList())
        {
            lane.Drain();
        }

        await Eventually.ObserveAsync(
            () => Task.FromResult(fleet.Log.Records.Count(static r => r.EventName == "PeerDisconnected")), static ended => ended == 6);
        await fleet.WaitForPeersAsync();
        await fleet.WaitForMapsAsync();
        await using var next = await client.ConnectAsync("alpha:1").DefaultTimeout();
        await EchoAsync(next);
    }

    [Fact]
    public async Task Lane_WhoseCertificateEndsSoon_IsReplaced_OnceThereIsANewerOne_AndItsConnectionsGoOn()
    {
        var echo = Own(new EchoTarget());
        var plane = Own(new TestCertificates("servers"));

        // Of a day, so that its last hour is the time to renew.
        var ending = plane.EndingPeer(TimeSpan.FromMinutes(10), "hub-0");
        var fleet = Own(await FleetFixture.StartAsync(configure: (o, i) =>
        {
            var certificate = i == 0 ? ending : plane.Peer($"hub-{i}");
            return o with { PeerCert = certificate.CertificateFile, PeerKey = certificate.KeyFile, PeerCaCert = plane.AuthorityFile };
        }));
        await fleet.StartAgentAsync("alpha", echo.Address, 1, 2);
        var client = fleet.Client(FrontendKind.GrpcTls, 0);
        var running = await client.ConnectAsync("alpha:1").DefaultTimeout();
        await EchoAsync(running);

        var next = plane.Peer("hub-0");
        File.Copy(next.CertificateFile, ending.CertificateFile, overwrite: true);
        File.Copy(next.KeyFile, ending.KeyFile, overwrite: true);

        await ObserveAsync(() => fleet.Metric(0, "peer_lane_renewals_total"), 2);
        await ObserveAsync(() => Served(fleet), 5);
        await EchoAsync(running);
        for (var i = 0; i < 10; i++)
        {
            await using var more = await client.ConnectAsync("alpha:1").DefaultTimeout();
            await EchoAsync(more);
        }

        await ObserveAsync(() => fleet.Metric(0, "forwarded_connections"), 1);
        Assert.Equal(2, fleet.Metric(0, "peers", ("state", "connected")));
        await running.DisposeAsync();
        await ObserveAsync(() => Served(fleet), 4);
        await ObserveAsync(() => fleet.Metric(0, "forwarded_connections"), 0);
        Assert.Equal(2, fleet.Metric(0, "peer_lane_renewals_total"));
        Assert.DoesNotContain(fleet.Log.Records, static r => r.EventName == "PeerDisconnected");
    }

    /// <summary>Lanes that the two servers with an agent have taken.</summary>
    private static double Served(FleetFixture fleet) => fleet.Metric(1, "peers", ("state", "served")) + fleet.Metric(2, "peers", ("state", "served"));

    private static Task<double> ObserveAsync(Func<double> metric, double expected) =>
        Eventually.ObserveAsync(() => Task.FromResult(metric()), v => v == expected);

    private static async Task EchoAsync(Stream stream)
    {
        await stream.WriteAsync("still here"u8.ToArray()).DefaultTimeout();
        await stream.ReadExactlyAsync(new byte[10]).DefaultTimeout();
    }

    private async Task RotateAsync(FleetFixture fleet, RotationPhase step, string role, int reloads)
    {
        foreach (var (name, pem) in new PkiRotation(_pki.Path, TimeProvider.System).Plan(step, ["peer-ca"]))
        {
            if (pem is null)
            {
                File.Delete(_pki.File(name));
            }
            else
            {
                DevPkiFolder.Write(_pki.Path, [(name, pem)]);
            }
        }

        for (var server = 0; server < 3; server++)
        {
            await Eventually.ObserveAsync(
                () => Task.FromResult(fleet.Metric(server, "certificate_reloads_total", ("plane", "peer"), ("role", role), ("result", "success"))),
                v => v == reloads);
        }
    }
}
