namespace ClusterProxy.Interop.Tests.Chains;

/// <summary>A connected agent, ours or Node's.</summary>
public interface IAgentSide : IAsyncDisposable
{
    /// <summary>Waits until it holds no dial and no connection.</summary>
    Task WaitUntilIdleAsync();

    /// <inheritdoc cref="IServerSide.Verify"/>
    void Verify();
}
