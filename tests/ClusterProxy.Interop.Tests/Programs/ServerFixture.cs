namespace ClusterProxy.Interop.Tests.Programs;

/// <summary>One proxy-server for the tests of a class: agents by the host they announce, deadlines short.</summary>
public sealed class ServerFixture : IAsyncLifetime
{
    public ServerProgram Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = await ServerProgram.StartAsync(
        "--proxy-strategies=destHost", "--backend-dial-timeout=2s", "--connection-stall-limit=2s");

    public async Task DisposeAsync() => await Server.DisposeAsync();
}
