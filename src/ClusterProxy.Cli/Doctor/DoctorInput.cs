using ClusterProxy.Agent;
using ClusterProxy.Cli.Servers;
using ClusterProxy.Client;
using ClusterProxy.Hosting.Reloading;

namespace ClusterProxy.Cli.Doctor;

/// <summary>What the operator gave; what is null was not, and what hangs on it is reported as not checked.</summary>
/// <param name="Server">The frontend and this client's files.</param>
internal sealed record DoctorInput(ServerSettings Server)
{
    public HostPort? AgentAddress { get; init; }

    public (FlagFile Certificate, FlagFile Key)? AgentPair { get; init; }

    public FlagFile? AgentCa { get; init; }

    /// <summary>As the agent's own flag takes them.</summary>
    public string? AgentIdentifiers { get; init; }

    public IReadOnlyList<Uri> HealthUrls { get; init; } = [];

    public IReadOnlyList<TunnelTarget> Clusters { get; init; } = [];

    public FlagFile? FrontendPolicy { get; init; }

    /// <summary>Of the server's frontend port.</summary>
    public (FlagFile Certificate, FlagFile Key)? ServerPair { get; init; }

    /// <summary>Who signs frontends, as the server has it.</summary>
    public FlagFile? ServerCa { get; init; }

    /// <summary>Of the server's agent port.</summary>
    public (FlagFile Certificate, FlagFile Key)? ClusterPair { get; init; }

    /// <summary>Who signs agents, as the server has it.</summary>
    public FlagFile? ClusterCa { get; init; }

    /// <summary>Of the gateway's own port.</summary>
    public Uri? Gateway { get; init; }

    /// <summary>Who signs the gateway's certificate.</summary>
    public FlagFile? GatewayCa { get; init; }

    /// <summary>Of the hub, whose API leads to the gateway.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>Name of the object that says so.</summary>
    public string ApiService { get; init; } = "";

    /// <summary>Of each step over the network.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);
}
