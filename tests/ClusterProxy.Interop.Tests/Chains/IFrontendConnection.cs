namespace ClusterProxy.Interop.Tests.Chains;

/// <summary>A connection as its frontend has it. Sending and receiving may overlap.</summary>
public interface IFrontendConnection
{
    /// <summary>Sends random bytes.</summary>
    /// <returns>Their SHA-256.</returns>
    Task<string> SendAsync(int bytes);

    /// <summary>Waits until this many bytes have come in all, or the connection has ended.</summary>
    Task<Received> ReceiveAsync(long total);

    /// <summary>Closes and waits for the acknowledgement.</summary>
    Task CloseAsync();
}
