namespace ClusterProxy.Server.Agents.Identity;

/// <summary>The values of <c>--agent-identity</c>.</summary>
internal enum AgentIdentityMode
{
    /// <summary>
    /// <see cref="Claimed"/> when the command line could be upstream's, so that exchanging the program breaks nobody; else
    /// <see cref="Certificate"/>.
    /// </summary>
    Auto,

    /// <summary>An agent may announce what belongs to the cluster in its certificate.</summary>
    Certificate,

    /// <summary>An agent may announce anything, as with upstream's server.</summary>
    Claimed,
}
