using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Hubs;

/// <summary>A test at a real kube-apiserver, with what our programs beside it need; skipped by name where there is none.</summary>
public abstract class HubTest : TunnelTest
{
    protected HubTest(ITestOutputHelper output)
        : base(output)
    {
        AgentPlane = Own(new TestCertificates("agents"));
        FrontendPlane = Own(new TestCertificates("frontends"));
        Home = Own(new TemporaryDirectory());
    }

    protected TestCertificates AgentPlane { get; }

    protected TestCertificates FrontendPlane { get; }

    /// <summary>For sockets and files.</summary>
    protected TemporaryDirectory Home { get; }

    protected static void SkipWithoutKubeApiServer() => Skip.If(KubeApiServer.Missing is not null, KubeApiServer.Missing);
}
