using ClusterProxy.Gateway.Authentication;
using ClusterProxy.Gateway.Authorization;
using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Reloading;

namespace ClusterProxy.Gateway.Tests.Authorization;

public sealed class AccessPolicyTests
{
    private const string Rules = """
        rules:
        - users: [alice]
          clusters: [one]
          verbs: [get, list, watch]
          resources: [pods, pods/log, "*.apps"]
          namespaces: [web]
        - groups: [operators]
          clusters: ["*"]
          verbs: ["*"]
        - users: ["*"]
          clusters: [one, two]
          verbs: [get]
          paths: [/version, "/healthz*"]
        """;

    private static readonly FlagFile File = new("access-policy", "policy.yaml");

    [Theory]
    [InlineData("alice", "one", "GET", "/api/v1/namespaces/web/pods", true)]
    [InlineData("alice", "one", "GET", "/api/v1/namespaces/web/pods?watch=1", true)]
    [InlineData("alice", "one", "GET", "/api/v1/namespaces/web/pods/x/log", true)]
    [InlineData("alice", "one", "GET", "/apis/apps/v1/namespaces/web/deployments/d", true)]
    [InlineData("alice", "one", "GET", "/apis/apps.example.com/v1/namespaces/web/deployments/d", false)]
    [InlineData("alice", "one", "POST", "/api/v1/namespaces/web/pods/x/exec", false)]
    [InlineData("alice", "one", "GET", "/api/v1/namespaces/web/pods/x/exec", false)]
    [InlineData("alice", "one", "GET", "/api/v1/namespaces/other/pods", false)]
    [InlineData("alice", "one", "GET", "/api/v1/pods", false)]
    [InlineData("alice", "one", "GET", "/api/v1/namespaces/web/secrets", false)]
    [InlineData("alice", "two", "GET", "/api/v1/namespaces/web/pods", false)]
    [InlineData("alice", "two", "GET", "/version", true)]
    [InlineData("alice", "two", "GET", "/healthz/etcd", true)]
    [InlineData("alice", "two", "GET", "/metrics", false)]
    [InlineData("olga", "any", "DELETE", "/api/v1/nodes", true)]
    [InlineData("bob", "one", "GET", "/api/v1/namespaces/web/pods", false)]
    [InlineData("system:anonymous", "one", "GET", "/version", false)]
    public void Proxied_IsAllowedByTheRulesOnly(string user, string cluster, string method, string target, bool isAllowed)
    {
        var inner = InnerRequest.Parse(method, RequestTarget.Split(target), isUpgrade: false);
        var request = new AccessRequest(InnerRequest.VerbOf(method, isUpgrade: false))
        {
            Resource = "clustergateways",
            Subresource = "proxy",
            Name = cluster,
            Inner = inner,
        };

        Assert.Equal(isAllowed, AccessPolicyFile.Parse(File, Rules).Allows(Named(user), request));
    }

    [Theory]
    [InlineData("alice", "get", "one", "", true)]
    [InlineData("alice", "get", "three", "", false)]
    [InlineData("alice", "list", "", "", false)]
    [InlineData("alice", "update", "one", "health", false)]
    [InlineData("alice", "get", "one", "proxy", false)]
    [InlineData("olga", "list", "", "", true)]
    [InlineData("olga", "update", "one", "health", true)]
    public void OwnResources_NeedARuleForTheCluster(string user, string verb, string cluster, string sub, bool isAllowed) => Assert.Equal(
        isAllowed,
        AccessPolicyFile.Parse(File, Rules).Allows(
            Named(user), new AccessRequest(verb) { Resource = "clustergateways", Name = cluster, Subresource = sub }));

    [Fact]
    public void Metrics_AreForThoseWhoMayDoAnything()
    {
        var policy = AccessPolicyFile.Parse(File, Rules);

        Assert.True(policy.Allows(Named("olga"), new AccessRequest("get") { Path = "/metrics" }));
        Assert.False(policy.Allows(Named("alice"), new AccessRequest("get") { Path = "/metrics" }));
    }

    [Theory]
    [InlineData("", "a policy is one key, rules")]
    [InlineData("rules: [{users: [a], cluster: [b], verbs: [get]}]", "\"cluster\" is no key")]
    [InlineData("rules: [{clusters: [b], verbs: [get]}]", "needs users or groups")]
    [InlineData("rules: [{users: [a], verbs: [get]}]", "needs clusters")]
    [InlineData("rules: [{users: [a], clusters: [b]}]", "needs verbs")]
    [InlineData("rules: [{users: [a], clusters: [b], verbs: [read]}]", "\"read\" is not one of")]
    [InlineData("rules: [{users: [a], clusters: [b], verbs: [get], resources: []}]", "resources is empty")]
    [InlineData("rules: [{users: [a], clusters: [b], verbs: [get], paths: [version]}]", "begins with a slash")]
    [InlineData("rules: {", "line ")]
    [InlineData("users: [!<> a]", "no YAML that can be read")]
    public void Mistake_IsToldWithItsPlace(string text, string said) =>
        Assert.Contains(said, Assert.Throws<StartupException>(() => AccessPolicyFile.Parse(File, text)).Message, StringComparison.Ordinal);

    private static Caller Named(string user) => user == Caller.AnonymousUser
        ? Caller.Anonymous
        : new Caller(CallerKind.Certificate, user) { Groups = user == "olga" ? ["operators"] : [] };
}
