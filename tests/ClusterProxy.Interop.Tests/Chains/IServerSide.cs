namespace ClusterProxy.Interop.Tests.Chains;

/// <summary>A running server, ours or Node's.</summary>
public interface IServerSide : IAsyncDisposable
{
    /// <summary>The CA of the agent port and of agents.</summary>
    TestCertificates Agents { get; }

    /// <summary>The CA of the frontend port and of frontends.</summary>
    TestCertificates Frontends { get; }

    int AgentPort { get; }

    int FrontendPort { get; }

    string SocketPath { get; }

    /// <summary>Dials that wait for their agent.</summary>
    Task<int> PendingDialsAsync();

    /// <summary>Waits until it holds no dial, no connection and no frontend.</summary>
    Task WaitUntilIdleAsync();

    /// <summary>Fails when it logged an error, or was sent what it must not be sent.</summary>
    void Verify();
}
