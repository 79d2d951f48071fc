namespace ClusterProxy.LoadTests.Topologies;

internal enum TopologyKind
{
    /// <summary>Nothing in between.</summary>
    Direct,

    /// <summary>Plain, mutual TLS, plain: two haproxy processes.</summary>
    Haproxy,

    /// <summary>OpenSSH's reverse tunnel.</summary>
    Ssh,

    /// <summary>Our server and our agent.</summary>
    Own,

    /// <summary>A pair of which at least one is another's program.</summary>
    Peer,
}
