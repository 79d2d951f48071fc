namespace ClusterProxy.Server.Frontend;

/// <summary>How far the first bytes of a connection are HTTP/2's preface.</summary>
internal enum PrefaceMatch
{
    /// <summary>They are something else.</summary>
    None,

    /// <summary>They are a lane's.</summary>
    Lane,

    /// <summary>So far, and more must come.</summary>
    Partial,

    /// <summary>All of it is there.</summary>
    Whole,
}
