namespace ClusterProxy.Agent.Servers;

/// <summary>One attempt to open a tunnel, counted and logged, whoever decided on it.</summary>
internal sealed class TunnelOpener(ServerTunnels tunnels, TunnelRenewal renewal, AgentContext context)
{
    /// <summary>How many tunnels are wanted.</summary>
    public Func<int> Wanted { get; set; } = static () => 1;

    /// <param name="connect">Reaches a server.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public async Task<ConnectAttempt> OpenAsync(Func<CancellationToken, Task<ServerCall>> connect, CancellationToken cancellationToken)
    {
        ServerCall call;

        // Before the handshake: a file that changes meanwhile only makes the tunnel look older than it is.
        var credential = renewal.Next();
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
