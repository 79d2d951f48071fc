using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Reloading;
using ClusterProxy.Server.Policy;

namespace ClusterProxy.Server.Tests.Policy;

public sealed class FrontendPolicyTests
{
    private const string Rules = """
        rules:
        - subjects: ["cn:controller", "uri:spiffe://hub/frontend/ops"]
          clusters: [alpha]
          ports: [443, 10250-10259]
        - subjects: ["uid:1000"]
          hosts: ["*.internal", node1]
          cidrs: [10.1.0.0/16, "2001:db8::/32"]
        - subjects: ["cn:admin"]
          hosts: ["*"]
        - subjects: ["cn:six"]
          hosts: ["2001:db8::7", 192.0.2.7]
        - subjects: ["*"]
          clusters: [open]
          ports: ["6443"]
        """;

    private static readonly FrontendPolicy Policy = Parse(Rules);

    [Theory]
    [InlineData("cn:controller", "alpha:443")]
    [InlineData("cn:controller", "alpha.ns:10255")]
    [InlineData("uri:spiffe://hub/frontend/ops", "cluster-8ed3f6ad685b959ead7022518e1af76cd816f8e8ec7ccdda.open-cluster-management.proxy:443")]
    [InlineData("uid:1000", "a.internal:1")]
    [InlineData("uid:1000", "NODE1:1")]
    [InlineData("uid:1000", "10.1.2.3:22")]
    [InlineData("uid:1000", "[2001:db8::5]:22")]
    [InlineData("cn:admin", "anything:1")]
    [InlineData("cn:admin", "192.0.2.1:1")]
    [InlineData("cn:six", "[2001:db8::7]:1")]
    [InlineData("cn:six", "192.0.2.7:1")]
    [InlineData("cn:whoever", "open:6443")]
    [InlineData("", "open.addon:6443")]
    public void Dial_ThatARuleAllows_IsAllowed(string subject, string target) => Assert.True(Policy.Check(Subject(subject), target).IsAllowed);

    [Theory]
    [InlineData("cn:controller", "alpha:80")]
    [InlineData("cn:controller", "beta:443")]
    [InlineData("cn:controller", "Alpha:443")]
    [InlineData("cn:controller", "alphax:443")]
    [InlineData("cn:controller", "alpha.a.b:443")]
    [InlineData("cn:controller", "10.1.2.3:443")]
    [InlineData("cn:Controller", "alpha:443")]
    [InlineData("dns:controller", "alpha:443")]
    [InlineData("", "alpha:443")]
    [InlineData("uid:1000", "internal:1")]
    [InlineData("uid:1000", ".internal:1")]
    [InlineData("uid:1000", "10.2.0.1:22")]
    [InlineData("uid:1000", "010.1.2.3:22")]
    [InlineData("uid:1000", "[::ffff:10.1.2.3]:22")]
    [InlineData("uid:1000", "evilinternal:1")]
    [InlineData("cn:admin", "no port")]
    [InlineData("cn:whoever", "open:443")]
    public void Dial_ThatNoRuleAllows_IsDenied(string subject, string target) => Assert.False(Policy.Check(Subject(subject), target).IsAllowed);

    [Theory]
    [InlineData("cn:controller", "alpha:443", "alpha")]
    [InlineData("", "open.addon:6443", "open")]
    [InlineData("cn:admin", "alpha:443", null)]
    [InlineData("uid:1000", "10.1.2.3:22", null)]
    public void Dial_ThatARuleAllowsForItsCluster_IsForThatClustersAgents(string subject, string target, string? cluster) =>
        Assert.Equal(cluster is null ? null : [cluster], Policy.Check(Subject(subject), target).Clusters);

    [Fact]
    public void NoRules_DenyAll() => Assert.False(Parse("rules: []").Check(Subject("cn:admin"), "alpha:443").IsAllowed);

    [Theory]
    [InlineData("", "one key, rules")]
    [InlineData("- a", "one key, rules")]
    [InlineData("rule: []", "one key, rules")]
    [InlineData("rules: []\nmore: 1", "one key, rules")]
    [InlineData("rules: all", "rules must be a list")]
    [InlineData("rules:\n- all", "line 2: a rule is keys and values")]
    [InlineData("rules:\n- hosts: [a]", "line 2: a rule needs subjects")]
    [InlineData("rules:\n- subjects: []\n  hosts: [a]", "needs subjects")]
    [InlineData("rules:\n- subjects: [\"*\"]", "needs clusters, hosts or cidrs")]
    [InlineData("rules:\n- subjects: [\"*\"]\n  host: [a]", "line 3: \"host\" is no key")]
    [InlineData("rules:\n- subjects: [admin]\n  hosts: [a]", "subjects: \"admin\" is not")]
    [InlineData("rules:\n- subjects: [\"cn:\"]\n  hosts: [a]", "subjects: \"cn:\" is not")]
    [InlineData("rules:\n- subjects: [\"*\"]\n  clusters: [a.b]", "clusters: \"a.b\" is not")]
    [InlineData("rules:\n- subjects: [\"*\"]\n  hosts: [\"a*\"]", "hosts: \"a*\" is not")]
    [InlineData("rules:\n- subjects: [\"*\"]\n  hosts: [\"[::1]:80\"]", "hosts: \"[::1]:80\" is not")]
    [InlineData("rules:\n- subjects: [\"*\"]\n  hosts: [\"[::1]\"]", "hosts: \"[::1]\" is not")]
    [InlineData("rules:\n- subjects: [\"*\"]\n  hosts: [\"0:0::1\"]", "hosts: \"0:0::1\" is not")]
    [InlineData("rules:\n- subjects: [\"*\"]\n  hosts: [\"*.10.0.0.1\"]", "hosts: \"*.10.0.0.1\" is not")]
    [InlineData("rules:\n- subjects: [\"*\"]\n  cidrs: [10.0.0.1/8]", "cidrs: \"10.0.0.1/8\" is not")]
    [InlineData("rules:\n- subjects: [\"*\"]\n  hosts: [a]\n  ports: [9-1]", "ports: \"9-1\" is not")]
    [InlineData("rules:\n- subjects: [\"*\"]\n  hosts: [a]\n  ports: [http]", "ports: \"http\" is not")]
    [InlineData("rules:\n- subjects: [\"*\"]\n  hosts: a", "hosts must be a list")]
    [InlineData("rules:\n- subjects: [\"*\"]\n  hosts: [[a]]", "hosts: an item is a single value")]
    [InlineData("rules:\n- subjects: [*]\n  hosts: [a]", "line 2: ")]
    [InlineData("rules: [", "line ")]
    [InlineData("rules: [!<> a]", "line 1: no YAML that can be read")]
    public void File_ThatIsNoPolicy_SaysWhatIsWrong_AndWhatToDo(string yaml, string problem)
    {
        var error = Assert.Throws<StartupException>(() => Parse(yaml));

        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("--frontend-policy=policy.yaml: ", error.Message, StringComparison.Ordinal);
        Assert.Matches("; (write|correct) ", error.Message);
    }

    private static FrontendPolicy Parse(string yaml) => FrontendPolicyFile.Parse(new FlagFile("frontend-policy", "policy.yaml"), yaml);

    private static FrontendSubject Subject(string name) =>
        new(new HashSet<string>(name.Length > 0 ? [name, "cn:other"] : [], StringComparer.Ordinal));
}
