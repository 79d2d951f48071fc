namespace ClusterProxy.Gateway.Certificates;

/// <summary>What is due in a roll-over.</summary>
internal enum AuthorityTransition
{
    None,

    /// <summary>A new authority is trusted beside the old one, which goes on signing.</summary>
    Stage,

    /// <summary>The new authority signs; the old one is still trusted.</summary>
    Promote,

    /// <summary>The old authority is trusted no more: its last leaf has ended.</summary>
    Retire,
}
