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

    /// <summary>Puts a relay between the agents and the server.</summary>
    public bool ThroughRelay { get; init; }

    /// <summary>Puts another one between frontends that speak TLS and the server.</summary>
    public bool FrontendsThroughRelay { get; init; }

    /// <summary>How good the ways through the relays are.</summary>
    public RelayConditions Conditions { get; init; } = RelayConditions.Perfect;

    /// <summary>The clock of server and agents.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Event names of Error logs that the test provokes.</summary>
    public string[] AllowedErrors { get; init; } = [];
}
