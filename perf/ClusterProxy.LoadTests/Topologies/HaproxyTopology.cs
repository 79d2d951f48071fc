using ClusterProxy.LoadTests.Relays;
using ClusterProxy.Testing.Programs;

namespace ClusterProxy.LoadTests.Topologies;

/// <summary>Two haproxy processes: plain TCP in, mutual TLS 1.3 between them, plain TCP out; one TLS connection a connection.</summary>
internal sealed class HaproxyTopology(string name, Rig rig, TimeSpan delay) : Topology(name)
{
    private readonly List<ProgramProcess> _programs = [];
    private DelayRelay? _relay;
    private int _frontPort;

    protected override IEnumerable<int> ProcessIds => _programs.Select(p => p.Id);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_programs.Count > 0)
        {
            return;
        }

        _frontPort = rig.NextPort();
        var middlePort = rig.NextPort();
        var relayPort = middlePort;
        if (delay > TimeSpan.Zero)
        {
            relayPort = rig.NextPort();
            _relay = new DelayRelay(relayPort, middlePort, delay);
        }

        var authority = rig.Certificates.AuthorityFile;
        await RunAsync(
            middlePort,
            $"bind 127.0.0.1:{middlePort} ssl crt {Pair(rig.ServerCertificate)} ca-file {authority} verify required ssl-min-ver TLSv1.3",
            $"server next 127.0.0.1:{rig.Target.EndPoint.Port}",
            cancellationToken);
        await RunAsync(
            _frontPort,
            $"bind 127.0.0.1:{_frontPort}",
            $"server next 127.0.0.1:{relayPort} ssl crt {Pair(rig.AgentCertificate)} ca-file {authority} verify required ssl-min-ver TLSv1.3",
            cancellationToken);
    }

    public override async Task StopAsync()
    {
        foreach (var program in _programs)
        {
            await program.DisposeAsync();
        }

        _programs.Clear();
        if (_relay is { } relay)
        {
            _relay = null;
            await relay.DisposeAsync();
        }
    }

    public override ValueTask<Stream> ConnectAsync(CancellationToken cancellationToken) =>
        Loopback.ConnectAsync(_frontPort, cancellationToken);

    private async Task RunAsync(int port, string bind, string server, CancellationToken cancellationToken)
    {
        var configuration = rig.NextFile("haproxy.cfg");
        await File.WriteAllTextAsync(
            configuration,
            $"""
            global
              maxconn 9000
            defaults
              mode tcp
              timeout connect 10s
              timeout client 1h
              timeout server 1h
            frontend in
              {bind}
              default_backend out
            backend out
              {server}

            """,
            cancellationToken);
        var program = ProgramProcess.Start("haproxy", ["-db", "-f", configuration]);
        _programs.Add(program);
        await ProgramStart.WaitForPortAsync(port, program, cancellationToken);
    }

    private string Pair(Testing.Certificates.TestCertificate certificate)
    {
        var path = rig.NextFile("pair.pem");
        File.WriteAllText(path, File.ReadAllText(certificate.CertificateFile) + "\n" + File.ReadAllText(certificate.KeyFile) + "\n");
        return path;
    }
}
