using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Gateway.Flags;

internal sealed class AuthenticationFlags(FlagSet flags, GatewayOptions defaults)
{
    private const string Group = "Authentication and authorisation";

    private readonly Flag<string> _clientCa = flags.AddString(
        "client-ca-file", defaults.ClientCaFile, Group, "CA file of callers' client certificates; empty for what the hub announces.");

    private readonly Flag<string> _proxyCa = flags.AddString(
        "requestheader-client-ca-file", defaults.RequestHeaderClientCaFile, Group,
        "CA file of kube-apiservers' front-proxy certificates; empty for what the hub announces.");

    private readonly Flag<IReadOnlyList<string>> _names = flags.AddStringList(
        "requestheader-allowed-names", defaults.RequestHeaderAllowedNames, Group, "Common names of front-proxy certificates; empty for any.");

    private readonly Flag<IReadOnlyList<string>> _users = flags.AddStringList(
        "requestheader-username-headers", defaults.RequestHeaderUsernameHeaders, Group, "Headers with the user's name.");

    private readonly Flag<IReadOnlyList<string>> _uids = flags.AddStringList(
        "requestheader-uid-headers", defaults.RequestHeaderUidHeaders, Group, "Headers with the user's uid.");

    private readonly Flag<IReadOnlyList<string>> _groups = flags.AddStringList(
        "requestheader-group-headers", defaults.RequestHeaderGroupHeaders, Group, "Headers with the user's groups.");

    private readonly Flag<IReadOnlyList<string>> _extra = flags.AddStringList(
        "requestheader-extra-headers-prefix", defaults.RequestHeaderExtraHeadersPrefix, Group, "Prefixes of headers with the user's extras.");

    private readonly Flag<bool> _skip = flags.AddBool(
        "authentication-skip-lookup", defaults.AuthenticationSkipLookup, Group, "Do not ask the hub for its CA files and header names.");

    private readonly Flag<bool> _tolerate = flags.AddBool(
        "authentication-tolerate-lookup-failure", defaults.AuthenticationTolerateLookupFailure, Group, "Start without them, too.");

    private readonly Flag<TimeSpan> _tokenTtl = flags.AddTimer(
        "authentication-token-webhook-cache-ttl", defaults.AuthenticationTokenCacheTtl, Group, "How long the answer to a TokenReview is kept.");

    private readonly Flag<int> _strangers = flags.AddInt(
        "authentication-unknown-tokens-per-second", defaults.AuthenticationUnknownTokensPerSecond, Group,
        "Token reviews for tokens nobody was known by of late: so many a second and at once, others get 429; as many access reviews for callers without a credential; 0 for no limit.");

    private readonly Flag<TimeSpan> _allowedTtl = flags.AddTimer(
        "authorization-webhook-cache-authorized-ttl", defaults.AuthorizationAllowedCacheTtl, Group, "How long an access review's yes is kept.");

    private readonly Flag<TimeSpan> _deniedTtl = flags.AddTimer(
        "authorization-webhook-cache-unauthorized-ttl", defaults.AuthorizationDeniedCacheTtl, Group, "How long an access review's no is kept.");

    private readonly Flag<IReadOnlyList<string>> _always = flags.AddStringList(
        "authorization-always-allow-paths", defaults.AuthorizationAlwaysAllowPaths, Group, "Paths of the gateway's own, such as /metrics or /apis*, that everybody may read; the health paths always are.");

    private readonly Flag<bool> _subpath = flags.AddBool(
        "authorize-proxy-subpath", defaults.AuthorizeProxySubpath, Group, "Review the request inside a cluster, too, and not only the access to it.");

    private readonly Flag<string> _rules = flags.AddString(
        "cluster-gateway-proxy-config", defaults.ClusterGatewayProxyConfig, Group, "File with rules for the identity that callers get in clusters.");

    private readonly Flag<bool> _debug = flags.AddBool(
        "standalone-debug-mode", defaults.StandaloneDebugMode, Group, "Let everybody do everything; needs --bind-address=127.0.0.1.");

    public GatewayOptions Apply(FlagParseResult result, GatewayOptions options) => options with
    {
        ClientCaFile = result.Get(_clientCa),
        RequestHeaderClientCaFile = result.Get(_proxyCa),
        RequestHeaderAllowedNames = result.Get(_names),
        RequestHeaderUsernameHeaders = result.Get(_users),
        RequestHeaderUidHeaders = result.Get(_uids),
        RequestHeaderGroupHeaders = result.Get(_groups),
        RequestHeaderExtraHeadersPrefix = result.Get(_extra),
        AuthenticationSkipLookup = result.Get(_skip),
        AuthenticationTolerateLookupFailure = result.Get(_tolerate),
        AuthenticationTokenCacheTtl = result.Get(_tokenTtl),
        AuthenticationUnknownTokensPerSecond = result.Get(_strangers),
        AuthorizationAllowedCacheTtl = result.Get(_allowedTtl),
        AuthorizationDeniedCacheTtl = result.Get(_deniedTtl),
        AuthorizationAlwaysAllowPaths = result.Get(_always),
        AuthorizeProxySubpath = result.Get(_subpath),
        ClusterGatewayProxyConfig = result.Get(_rules),
        StandaloneDebugMode = result.Get(_debug),
    };
}
