using ClusterProxy.Gateway.Aggregation;
using ClusterProxy.Gateway.Audit;
using ClusterProxy.Gateway.Authentication;
using ClusterProxy.Gateway.Authorization;
using ClusterProxy.Gateway.Identities;
using ClusterProxy.Gateway.UserServer;
using ClusterProxy.Hosting.Audit;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Hosting.Endpoints;
using ClusterProxy.Hosting.Reloading;
using ClusterProxy.Kubernetes.Resources;
using ClusterProxy.Kubernetes.Reviews;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Forwarder;

namespace ClusterProxy.Gateway;

/// <summary>What callers meet: who they are, what they may do, what is answered.</summary>
internal sealed partial class GatewayHost
{
    /// <summary>Before the certificate files are started.</summary>
    private GatewayApi CreateApi(IReadOnlyList<HealthCheck> ready, ILogger logger, TimeProvider time)
    {
        var reloader = new FileReloader(logger, time);
        _started.Add(reloader);
        _rules = reloader;
        var reviews = new ReviewOptions
        {
            KeepYes = _options.AuthorizationAllowedCacheTtl,
            KeepNo = _options.AuthorizationDeniedCacheTtl,
            StrangersPerSecond = _options.AuthenticationUnknownTokensPerSecond,
        };
        var access = _hub is null ? null : new AccessReviewer(_hub, reviews);
        var group = new ApiGroup(_options.Group, GatewayOptions.Version);
        var authentication = CreateAuthentication(logger);
        var authenticator = new Authenticator(
            () => authentication.Settings,
            _hub is null ? null : new TokenReviewer(
                _hub,
                [],
                new ReviewOptions
                {
                    KeepYes = _options.AuthenticationTokenCacheTtl,
                    KeepNo = _options.AuthenticationTokenCacheTtl,
                    StrangersPerSecond = _options.AuthenticationUnknownTokensPerSecond,
                }),
            new ImpersonationRequests(access),
            time);
        var authorizer = CreateAuthorizer(group, access, reloader, logger);
        var history = new ClusterHistory(Clusters);
        ServedKind[] kinds = [new ClusterGatewayKind(), new VirtualClusterKind(group.Name)];
        var collections = kinds.Select(k => new ServedCollection(group, k, history, time, Live.Ending)).ToArray();
        var proxied = new ProxiedRequests(group, authorizer, CreateIdentities(group, reloader, logger), Clusters, Forwarder);
        var health = new HealthSubresource(group, collections[0], Clusters, _hub?.Resource(KnownResources.Secrets), _options.SecretNamespace);
        var userServer = CreateUserServer(proxied, reloader, logger);
        reloader.Start();
        return new GatewayApi
        {
            Group = group,
            Health = new HealthPaths([], ready, authenticator),
            Authenticator = authenticator,
            Authentications = Metrics.Authentications,
            Authorizer = authorizer,
            Discovery = new DiscoveryDocuments(group, kinds),
            OpenApi = new OpenApiDocuments(group, kinds),
            Resources = new ResourceRequests(group, collections, health, proxied, Clusters, authorizer),
            Metrics = _exposition,
            AlwaysAllowed = _options.AuthorizationAlwaysAllowPaths,
            Records = new RequestRecords(Metrics.Requests, CreateAudit(logger, time), time),
            Others = userServer.ServeAsync,
        };
    }

    private AuditQueue<RequestEntry>? CreateAudit(ILogger logger, TimeProvider time)
    {
        if (!_options.Audit.IsOn)
        {
            return null;
        }

        var audit = new AuditQueue<RequestEntry>(RequestJson.Write, Metrics.Audit, logger, time);
        _started.Add(audit);
        audit.Start(AuditOutput.Open(_options.Audit));
        return audit;
    }

    private AuthenticationSource CreateAuthentication(ILogger logger)
    {
        if (_hub is not null && !_options.AuthenticationSkipLookup)
        {
            _published = new ExtensionAuthenticationWatch(_hub, logger);
            _started.Add(_published);
            _published.Start();
        }

        return new AuthenticationSource(
            Authorities("client", "client-ca-file", _options.ClientCaFile),
            Authorities("front-proxy", "requestheader-client-ca-file", _options.RequestHeaderClientCaFile),
            ca => new FrontProxySettings
            {
                Ca = ca,
                AllowedNames = _options.RequestHeaderAllowedNames,
                UserHeaders = _options.RequestHeaderUsernameHeaders,
                UidHeaders = _options.RequestHeaderUidHeaders,
                GroupHeaders = _options.RequestHeaderGroupHeaders,
                ExtraPrefixes = _options.RequestHeaderExtraHeadersPrefix,
            },
            _published);
    }

    private ReloadingFile<CaBundle>? Authorities(string plane, string flag, string path) =>
        path.Length > 0 ? _files.Authorities(plane, new FlagFile(flag, path)) : null;

    private IAuthorizer CreateAuthorizer(ApiGroup group, AccessReviewer? access, FileReloader reloader, ILogger logger)
    {
        if (_options.StandaloneDebugMode)
        {
            return new OpenAuthorizer();
        }

        if (_options.AccessPolicy.Length == 0)
        {
            return new ReviewingAuthorizer(access!, group.Name, group.Version, _options.AuthorizeProxySubpath);
        }

        var policy = AccessPolicyFile.Load(new FlagFile("access-policy", _options.AccessPolicy));
        Follow(reloader, policy, logger);
        return new PolicyAuthorizer(policy);
    }

    private IdentityMapper CreateIdentities(ApiGroup group, FileReloader reloader, ILogger logger)
    {
        ReloadingFile<IdentityRules>? rules = null;
        if (_options.ClusterGatewayProxyConfig.Length > 0)
        {
            rules = IdentityRulesFile.Load(new FlagFile("cluster-gateway-proxy-config", _options.ClusterGatewayProxyConfig));
            Follow(reloader, rules, logger);
        }

        return new IdentityMapper(group.Name, rules, new IdentityOptions
        {
            Extra = _options.ImpersonateExtra.ToHashSet(StringComparer.Ordinal),
            PassUid = _options.ImpersonateUid,
            ImpersonatesCallers = !_options.StandaloneDebugMode && _options.FeatureGates.ImpersonatesCallers != false,
            TakesAnonymous = _options.StandaloneDebugMode,
        });
    }

    private UserServerPaths CreateUserServer(ProxiedRequests proxied, FileReloader reloader, ILogger logger)
    {
        if (_options.ServicePolicy.Length == 0)
        {
            return new UserServerPaths(proxied, null, static () => ServicePolicy.Nothing, Clusters);
        }

        var policy = ServicePolicyFile.Load(new FlagFile("service-policy", _options.ServicePolicy));
        Follow(reloader, policy, logger);
        var authorities = _files.Authorities("service-proxy", new FlagFile("service-proxy-ca-cert", _options.ServiceProxyCaCert));
        var services = new ServiceForwarder(
            _services.GetRequiredService<IHttpForwarder>(), _tunnel!, () => authorities.Value, _options.ClusterConnectTimeout, _via, Live,
            Metrics.Forwarding, _tracing, _time);
        _started.Add(services);
        return new UserServerPaths(proxied, services, () => policy.Value, Clusters);
    }

    private void Follow(FileReloader reloader, ReloadingFile file, ILogger logger) => reloader.Add(file, outcome =>
    {
        if (outcome == ReloadOutcome.Reloaded)
        {
            logger.RulesReloaded(file);
        }
        else if (outcome == ReloadOutcome.Refused)
        {
            logger.RulesRefused(file, file.Refusal);
        }

        // Last: whoever sees the count finds the rest done.
        Metrics.RulesReloaded(outcome);
    });
}
