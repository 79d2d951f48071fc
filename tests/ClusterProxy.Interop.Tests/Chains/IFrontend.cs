namespace ClusterProxy.Interop.Tests.Chains;

/// <summary>What every frontend can do, whoever wrote it.</summary>
public interface IFrontend : IAsyncDisposable
{
    /// <exception cref="DialRefusedException">The answer was an error.</exception>
    Task<IFrontendConnection> DialAsync(string address);

    /// <summary>Dials, waits until the dial has got where the caller wants it, and takes it back.</summary>
    Task CancelDialAsync(string address, Func<Task> underWay);
}
