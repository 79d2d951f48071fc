namespace ClusterProxy.Gateway.Authentication;

/// <summary>By what a caller proved who it is.</summary>
internal enum CallerKind
{
    /// <summary>By nothing.</summary>
    Anonymous,

    /// <summary>A front proxy, kube-apiserver as a rule, says who it is.</summary>
    FrontProxy,

    /// <summary>Its client certificate.</summary>
    Certificate,

    /// <summary>A bearer token that the hub knows.</summary>
    Token,
}
