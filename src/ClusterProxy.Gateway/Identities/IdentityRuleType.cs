namespace ClusterProxy.Gateway.Identities;

/// <summary>What a rule of ClusterGatewayProxyConfiguration makes of a caller.</summary>
internal enum IdentityRuleType
{
    /// <summary>Nobody is impersonated: the request has the rights of the gateway's own credential.</summary>
    Privileged,

    /// <summary>The identity that the rule names.</summary>
    StaticMapping,
}
