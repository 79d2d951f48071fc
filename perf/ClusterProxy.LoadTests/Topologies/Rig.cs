using ClusterProxy.LoadTests.Targets;
using ClusterProxy.Testing;
using ClusterProxy.Testing.Certificates;

namespace ClusterProxy.LoadTests.Topologies;

/// <summary>What all topologies of a run share: the target, ports, certificates and a place for files.</summary>
internal sealed class Rig : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FreePorts _ports = new();
    private int _files;
    private int _runs;

    public Rig()
    {
        Target = new LoadTarget(_ports.Next());
        ServerCertificate = Certificates.Server();
        ClientCertificate = Certificates.Client("load-test");
        AgentCertificate = Certificates.Client("agent");
    }

    public LoadTarget Target { get; }

    public TestCertificates Certificates { get; } = new("load test CA");

    public TestCertificate ServerCertificate { get; }

    public TestCertificate ClientCertificate { get; }

    public TestCertificate AgentCertificate { get; }

    public int NextPort() => _ports.Next();

    public int NextRun() => Interlocked.Increment(ref _runs);

    /// <summary>A path that no one else uses, short enough for a Unix socket.</summary>
    public string NextFile(string name) => _directory.File($"{Interlocked.Increment(ref _files)}-{name}");

    public async ValueTask DisposeAsync()
    {
        await Target.DisposeAsync();
        Certificates.Dispose();
        _ports.Dispose();
        _directory.Dispose();
    }
}
