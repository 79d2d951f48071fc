using ClusterProxy.Gateway.Authentication;
using ClusterProxy.Gateway.UserServer;
using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Reloading;

namespace ClusterProxy.Gateway.Tests.UserServer;

public sealed class ServicePolicyTests
{
    private const string Policy = """
        rules:
        - users: [alice]
          clusters: [alpha]
          services:
          - { namespace: monitoring, name: prometheus, port: 9090, scheme: http }
          - { namespace: logs, name: "*" }
        - groups: [ops]
          clusters: ["*"]
          services: [{ namespace: "*", name: console, port: 443 }]
        """;

    private static readonly FlagFile _file = new("service-policy", "policy.yaml");

    [Theory]
    [InlineData(true, "alice", "", "alpha", "http:monitoring/prometheus:9090")]
    [InlineData(true, "alice", "", "alpha", "https:logs/anything:1")]
    [InlineData(true, "bob", "ops", "beta", "http:shop/console:443")]
    [InlineData(false, "alice", "", "beta", "http:monitoring/prometheus:9090")]
    [InlineData(false, "alice", "", "alpha", "https:monitoring/prometheus:9090")]
    [InlineData(false, "alice", "", "alpha", "http:monitoring/prometheus:9091")]
    [InlineData(false, "alice", "", "alpha", "http:monitoring/alertmanager:9090")]
    [InlineData(false, "bob", "", "alpha", "http:monitoring/prometheus:9090")]
    [InlineData(false, "bob", "ops", "beta", "http:shop/console:80")]
    public void Rules_AllowWhatTheySay(bool allowed, string user, string group, string cluster, string service)
    {
        var caller = new Caller(CallerKind.Token, user) { Groups = group.Length > 0 ? [group] : [] };

        Assert.Equal(allowed, ServicePolicyFile.Parse(_file, Policy).Allows(caller, cluster, Service(service)));
    }

    [Fact]
    public void Anonymous_IsNeverAllowed()
    {
        var policy = ServicePolicyFile.Parse(
            _file, """{ rules: [{ users: ["*"], groups: ["system:unauthenticated"], clusters: ["*"], services: [{ namespace: "*", name: "*" }] }] }""");

        Assert.False(policy.Allows(Caller.Anonymous, "alpha", Service("http:a/b:1")));
    }

    [Theory]
    [InlineData("rules: [{ user: [a] }]", "\"user\" is no key of a rule")]
    [InlineData("rules: [{ users: [a], services: [{ namespace: n, name: s }] }]", "a rule needs clusters")]
    [InlineData("rules: [{ users: [], clusters: [a], services: [{ namespace: n, name: s }] }]", "users is empty")]
    [InlineData("rules: [{ users: [a], clusters: [a], services: [{ namespace: n }] }]", "a service needs namespace and name")]
    [InlineData("rules: [{ users: [a], clusters: [a], services: [{ namespace: n, name: s, port: http }] }]", "port is a number")]
    [InlineData("rules: [{ users: [a], clusters: [a], services: [{ namespace: n, name: s, scheme: ftp }] }]", "scheme is http or https")]
    [InlineData("{}", "a policy needs rules")]
    [InlineData("", "holds no policy")]
    [InlineData("rules: [", "line ")]
    [InlineData("users: [!<> a]", "no YAML that can be read")]
    public void WrongFile_IsRefusedWithItsLine(string text, string problem)
    {
        var error = Assert.Throws<StartupException>(() => ServicePolicyFile.Parse(_file, text));

        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("--service-policy=policy.yaml", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void File_ThatBecomesBad_KeepsTheLastGoodOne()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.File("policy.yaml");
        File.WriteAllText(path, Policy);
        var file = ServicePolicyFile.Load(new FlagFile("service-policy", path));

        File.WriteAllText(path, "rules: 5");
        Assert.Equal([ReloadOutcome.Unchanged, ReloadOutcome.Refused], [file.Check(), file.Check()]);
        Assert.Equal(2, file.Value.Rules.Count);
        File.WriteAllText(path, "rules: []");

        Assert.Equal(ReloadOutcome.Reloaded, file.Check());
        Assert.Empty(file.Value.Rules);
    }

    private static ServiceReference Service(string text)
    {
        var parts = text.Split(':', '/');
        return new ServiceReference(parts[0], parts[1], parts[2], int.Parse(parts[3], null));
    }
}
