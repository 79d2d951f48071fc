namespace ClusterProxy.Gateway.Certificates;

/// <summary>A step of a roll-over that is due.</summary>
internal enum AuthorityStep
{
    None,

    /// <summary>A new authority is trusted beside the old one, which goes on signing.</summary>
    Stage,

    /// <summary>The new authority signs; the old one is still trusted.</summary>
    Promote,

    /// <summary>The old authority is trusted no more: its last leaf has ended.</summary>
    Retire,
}
