using ClusterProxy.Protocol;

namespace ClusterProxy.Agent.Servers;

/// <summary>One attempt to open a tunnel, counted and logged, whoever decided on it.</summary>
internal sealed class TunnelOpener(ServerTunnels tunnels, TunnelRenewal renewal, AgentContext context)
{
    private int _underWay;

    /// <summary>How many tunnels are wanted.</summary>
    public Func<int> Wanted { get; set; } = static () => 1;

    /// <summary>Whether an attempt is under way: its server may know this agent already, and send dials.</summary>
    public bool IsOpening => Volatile.Read(ref _underWay) > 0;

    /// <param name="connect">Reaches a server.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public async Task<ConnectAttempt> OpenAsync(Func<CancellationToken, Task<ServerCall>> connect, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _underWay);
        try
        {
            return await AttemptAsync(connect, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }

    private async Task<ConnectAttempt> AttemptAsync(Func<CancellationToken, Task<ServerCall>> connect, CancellationToken cancellationToken)
    {
        ServerCall call;

        // Before the handshake: a file that changes meanwhile only makes the tunnel look older than it is.
        var certificate = renewal.Certificate;
        try
        {
            call = await connect(cancellationToken);
        }
        catch (ServerConnectException e)
        {
            context.Metrics.ConnectAttempted(e.Step.ToTag());
            return ConnectAttempt.Failed(e);
        }

        var (id, address) = (call.ServerId, call.Address);

        // Upstream's server never looks again at what let an agent in, and takes connections of two tunnels by one agent for one another's.
        var credential = call.Features == TunnelFeatureSet.None ? null : TunnelRenewal.Of(certificate, call.TokenLife);
        var tunnel = tunnels.Adopt(call, credential);
        var (open, wanted) = (tunnels.OpenCount, Wanted());
        context.Metrics.WantedServers(wanted);
        if (tunnel is null)
        {
            await call.DisposeAsync();
            context.Metrics.ConnectAttempted("duplicate");
            AgentLog.DuplicateServer(context.Logger, id, address, open, wanted);
            return new(id, IsDuplicate: true, Failure: null);
        }

        tunnels.Listener.Announced();
        context.Metrics.ConnectAttempted("connected");
        AgentLog.TunnelOpened(context.Logger, id, address, open, wanted);
        return new(id, IsDuplicate: false, Failure: null);
    }
}
