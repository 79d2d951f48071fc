using ClusterProxy.Interop.Tests.Programs;

namespace ClusterProxy.Interop.Tests.Raw;

/// <summary>A server that each test must leave as it found it.</summary>
public sealed class RawServerFixture : IAsyncLifetime
{
    private int _sockets;

    public ServerProgram Server { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Server = await ServerProgram.StartAsync();
        await Server.WaitUntilIdleAsync();
        _sockets = CountSockets();
    }

    /// <summary>No stream, no socket and no Error line of the test is left.</summary>
    public async Task VerifyUntouchedAsync()
    {
        await Server.WaitUntilIdleAsync();
        await Server.WaitForMetricAsync(0, "grpc_connections");
        if (OperatingSystem.IsLinux())
        {
            await Eventually.ObserveAsync(() => Task.FromResult(CountSockets()), count => count <= _sockets);
        }

        Server.Verify();
    }

    public async Task DisposeAsync() => await Server.DisposeAsync();

    private int CountSockets() => !OperatingSystem.IsLinux() ? 0 : Directory.EnumerateFileSystemEntries($"/proc/{Server.Process.Id}/fd")
        .Count(file => new FileInfo(file).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true);
}
