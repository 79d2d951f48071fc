using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Hosting.Reloading;

namespace ClusterProxy.Gateway.Authentication;

/// <summary>
/// What certificates are worth now: as files say, and for what no file says as kube-apiserver's ConfigMap says. Both are followed
/// live.
/// </summary>
/// <param name="clientCa">Of <c>--client-ca-file</c>.</param>
/// <param name="frontProxyCa">Of <c>--requestheader-client-ca-file</c>.</param>
/// <param name="frontProxy">The rest of the <c>--requestheader-*</c> flags, for an authority.</param>
/// <param name="published">Null without Kubernetes.</param>
internal sealed class AuthenticationSource(
    ReloadingFile<CaBundle>? clientCa,
    ReloadingFile<CaBundle>? frontProxyCa,
    Func<CaBundle, FrontProxySettings> frontProxy,
    ExtensionAuthenticationWatch? published)
{
    private Made _made = new(null, null, null, AuthenticationSettings.None);

    /// <summary>The same object as long as nothing changes.</summary>
    public AuthenticationSettings Settings
    {
        get
        {
            var (client, proxy, watched) = (clientCa?.Value, frontProxyCa?.Value, published?.Settings);
            var made = Volatile.Read(ref _made);
            if (!ReferenceEquals(made.Client, client) || !ReferenceEquals(made.FrontProxy, proxy) || !ReferenceEquals(made.Published, watched))
            {
                made = new Made(client, proxy, watched, new AuthenticationSettings(
                    proxy is null ? watched?.FrontProxy : frontProxy(proxy), client ?? watched?.ClientCa));
                Volatile.Write(ref _made, made);
            }

            return made.Settings;
        }
    }

    private sealed record Made(CaBundle? Client, CaBundle? FrontProxy, AuthenticationSettings? Published, AuthenticationSettings Settings);
}
