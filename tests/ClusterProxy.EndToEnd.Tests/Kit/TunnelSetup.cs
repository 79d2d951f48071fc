using ClusterProxy.Agent;
using ClusterProxy.Server;

namespace ClusterProxy.EndToEnd.Tests.Kit;

/// <summary>What a test wants to be different.</summary>
internal sealed record TunnelSetup
{
    /// <summary>As the flag says it: grpc, http-connect or auto.</summary>
    public string Mode { get; init; } = "auto";

    public int Agents { get; init; } = 1;

    public Func<ServerOptions, ServerOptions> Server { get; init; } = static o => o;

    /// <summary>Gets the agent's index.</summary>
    public Func<AgentOptions, int, AgentOptions> Agent { get; init; } = static (o, _) => o;

    /// <summary>
    /// Whether short faults befall the ways of agents and frontends all the time (<see cref="TcpRelay.Disturb"/>). Only
    /// <see cref="Faults.RandomFaultTests"/> stays out: its plans turn the same switches. A connection on which a test says every byte
    /// itself goes to the server's port: what it says is the fault.
    /// </summary>
    public bool Disturbed { get; init; } = true;

    /// <summary>The clock of server and agents.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Event names of Error logs that the test provokes.</summary>
    public string[] AllowedErrors { get; init; } = [];
}
