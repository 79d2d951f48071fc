namespace ClusterProxy.Cli.Certs;

/// <summary>The steps of <c>certs rotate</c>. The last three are one roll-over of an authority, in this order.</summary>
internal enum RotationPhase
{
    /// <summary>New leaves by the authority that issues now.</summary>
    Leaves,

    /// <summary>A new authority, trusted beside the old one; nothing is issued by it yet.</summary>
    Trust,

    /// <summary>New leaves by the new authority; both are trusted.</summary>
    Issue,

    /// <summary>The old authority is trusted no more.</summary>
    Retire,
}
