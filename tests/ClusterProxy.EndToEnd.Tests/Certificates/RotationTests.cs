using System.Runtime.Versioning;
using ClusterProxy.Cli.Certs;
using ClusterProxy.Client;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Certificates;

/// <summary>
/// The procedure of SECURITY.md, under traffic: the files of <c>certs rotate</c>, followed by all three ends. They come as a Secret
/// volume does, in one step: written one by one, the halves of a pair are far apart on a busy machine, and the pair is rightly refused.
/// </summary>
[UnsupportedOSPlatform("windows")]
public sealed class RotationTests(ITestOutputHelper output) : TunnelTest(output)
{
    private const int Rounds = 25;
    private const int LeavesARound = 4;
    private const int RollOvers = 3;
    private const int Chunk = 256 * 1024;

    private static readonly string[] Followed =
    [
        "server-agent.crt", "server-agent.key", "agent-ca.crt", "server-frontend.crt", "server-frontend.key", "frontend-ca.crt",
        "agent-alpha.crt", "agent-alpha.key", "frontend.crt", "frontend.key",
    ];

    private readonly TemporaryDirectory _pki = new();
    private readonly TemporaryDirectory _mount = new();

    [Fact]
    public async Task HundredLeavesAndThreeAuthorities_RotatedUnderTraffic_DropNoTunnel_AndSpoilNoByte()
    {
        Own(_pki);
        Own(_mount);
        var volume = new SecretVolume(_mount.Path);
        var options = new DevPkiOptions { Out = _pki.Path, Clusters = ["alpha"] };
        DevPkiFolder.Write(_pki.Path, DevPki.Issue(options, TimeProvider.System));
        Publish();
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync(new()
        {
            Server = o => o with
            {
                ClusterCert = File("server-agent.crt"),
                ClusterKey = File("server-agent.key"),
                ClusterCaCert = File("agent-ca.crt"),
                ServerCert = File("server-frontend.crt"),
                ServerKey = File("server-frontend.key"),
                ServerCaCert = File("frontend-ca.crt"),
            },
            Agent = (o, _) => o with { AgentCert = File("agent-alpha.crt"), AgentKey = File("agent-alpha.key"), CaCert = File("agent-ca.crt") },
        });
        using var stop = new CancellationTokenSource();
        var traffic = new[]
        {
            BulkAsync(Client(FrontendKind.GrpcTls), echo.Address, seed: 1, stop.Token),
            BulkAsync(Client(FrontendKind.ConnectTls), echo.Address, seed: 2, stop.Token),
            DialAsync(Client(FrontendKind.ConnectTls), echo.Address, stop.Token),
            BulkAsync(Client(FrontendKind.LaneTls), echo.Address, seed: 3, stop.Token),
            DialAsync(Client(FrontendKind.GrpcTls), echo.Address, stop.Token),
            DialAsync(Client(FrontendKind.LaneTls), echo.Address, stop.Token),
        };

        // Leaves alone, and between them a whole roll-over of both authorities now and then.
        var (leaves, bundles) = (0, 0);
        for (var round = 1; round <= Rounds; round++)
        {
            await RotateAsync(RotationPhase.Leaves);
            if (round % (Rounds / RollOvers) == 0)
            {
                await RotateAsync(RotationPhase.Trust);
                await RotateAsync(RotationPhase.Issue);
                await RotateAsync(RotationPhase.Retire);
            }

            Assert.DoesNotContain(traffic, static t => t.IsCompleted);
        }

        Assert.True(leaves >= 100, $"{leaves} leaves");
        await stop.CancelAsync();
        var moved = await Task.WhenAll(traffic).DefaultTimeout();
        Assert.All(moved, static m => Assert.True(m > 0));
        Output.WriteLine($"{leaves} leaves, {bundles} bundles; {string.Join(", ", moved)} bytes and connections");
        Assert.Equal(0, await fixture.ServerMetrics.ValueAsync("clusterproxy_server_certificate_reloads_total", ("result", "failure")));
        Assert.Equal(0, await fixture.AgentMetrics().ValueAsync("clusterproxy_agent_certificate_reloads_total", ("result", "failure")));
        Assert.Equal(1, await fixture.AgentMetrics().ValueAsync("clusterproxy_agent_connect_attempts_total"));
        Assert.DoesNotContain(
            fixture.Log.Records, static r => r.EventName is "AgentDisconnected" or "TunnelEnded" or "TunnelBroke" or "FilesRefused" or "FileRefused");

        async Task RotateAsync(RotationPhase step)
        {
            var rotation = new PkiRotation(_pki.Path, TimeProvider.System);
            foreach (var (name, pem) in rotation.Plan(step, []))
            {
                if (pem is null)
                {
                    System.IO.File.Delete(_pki.File(name));
                }
                else
                {
                    DevPkiFolder.Write(_pki.Path, [(name, pem)]);
                }
            }

            Publish();
            leaves += step is RotationPhase.Leaves or RotationPhase.Issue ? LeavesARound : 0;
            bundles += step is RotationPhase.Trust or RotationPhase.Retire ? 1 : 0;
            await fixture.ServerMetrics.WaitForAsync(
                "clusterproxy_server_certificate_reloads_total", (leaves / 2) + (2 * bundles), ("result", "success"));
            await fixture.AgentMetrics().WaitForAsync(
                "clusterproxy_agent_certificate_reloads_total", (leaves / LeavesARound) + bundles, ("result", "success"));
        }

        void Publish() => volume.Publish([.. Followed.Select(name => (name, System.IO.File.ReadAllText(_pki.File(name))))]);

        TunnelClient Client(FrontendKind kind) => fixture.Client(kind, o =>
        {
            o.ClientCertificates.Clear();
            o.ServerAuthorities.Clear();
            (o.ClientCertificateFile, o.ClientKeyFile, o.ServerAuthoritiesFile) = (File("frontend.crt"), File("frontend.key"), File("frontend-ca.crt"));
        });
    }

    private string File(string name) => _mount.File(name);

    /// <summary>One connection for the whole time; every byte that comes back is compared.</summary>
    private static async Task<long> BulkAsync(TunnelClient client, string address, int seed, CancellationToken stop)
    {
        await using var stream = await client.ConnectAsync(address, CancellationToken.None).DefaultTimeout();
        var (sent, received) = (new byte[Chunk], new byte[Chunk]);
        var offset = 0L;
        while (!stop.IsCancellationRequested)
        {
            SeededBytes.Fill(seed, offset, sent);
            var writing = stream.WriteAsync(sent, CancellationToken.None).AsTask();
            await stream.ReadExactlyAsync(received, CancellationToken.None).DefaultTimeout();
            await writing.DefaultTimeout();
            Assert.True(sent.AsSpan().SequenceEqual(received), $"bytes differ behind {offset}");
            offset += Chunk;
        }

        return offset;
    }

    /// <summary>One connection after the other, with CONNECT a handshake each.</summary>
    private static async Task<long> DialAsync(TunnelClient client, string address, CancellationToken stop)
    {
        var connections = 0L;
        var bytes = new byte[10];
        while (!stop.IsCancellationRequested)
        {
            await using var stream = await client.ConnectAsync(address, CancellationToken.None).DefaultTimeout();
            await stream.WriteAsync("still here"u8.ToArray(), CancellationToken.None).DefaultTimeout();
            await stream.ReadExactlyAsync(bytes, CancellationToken.None).DefaultTimeout();
            Assert.Equal("still here"u8.ToArray(), bytes);
            connections++;
        }

        return connections;
    }
}
