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
        Assert.DoesNotContain(fleet.Log.Records, static r => r.EventName is "PeerDisconnected" or "FileRefused");

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
