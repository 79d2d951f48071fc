using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Gateway.Authentication;

/// <summary>What certificates are worth, at one moment; a change makes a new one, so that what was found with the old is not used again.</summary>
/// <param name="FrontProxy">Null when nobody may speak for others.</param>
/// <param name="ClientCa">Of people's own certificates; null when they have none.</param>
internal sealed record AuthenticationSettings(FrontProxySettings? FrontProxy, CaBundle? ClientCa)
{
    public static AuthenticationSettings None { get; } = new(null, null);

    /// <summary>
    /// With one authority for both files, everyone who has a certificate could speak for everybody. The names then have to tell front
    /// proxies from people; without them the front proxy's part is not used.
    /// </summary>
    public bool IsConfused => FrontProxy is { AllowedNames: [] } proxy && ClientCa is not null && proxy.Ca.SharesKeyWith(ClientCa);
}
