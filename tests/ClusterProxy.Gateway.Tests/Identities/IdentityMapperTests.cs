using System.Collections.Immutable;
using ClusterProxy.Gateway.Authentication;
using ClusterProxy.Gateway.Clusters;
using ClusterProxy.Gateway.Forwarding;
using ClusterProxy.Gateway.Identities;
using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Reloading;

namespace ClusterProxy.Gateway.Tests.Identities;

public sealed class IdentityMapperTests : IDisposable
{
    private const string Group = "cluster.core.oam.dev";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Caller_IsImpersonated_WithoutReservedGroups()
    {
        var identity = Map(Person("alice", "devs", "system:masters", "system:authenticated", "system:nodes")).Identity!;

        Assert.Equal("alice", identity.User);
        Assert.Equal(["devs", "system:authenticated"], identity.Groups);
        Assert.Null(identity.Uid);
        Assert.Empty(identity.Extra);
    }

    [Fact]
    public void HubsServiceAccount_GetsAPrefix()
    {
        var identity = Map(Person("system:serviceaccount:a:b", "system:serviceaccounts", "system:serviceaccounts:a")).Identity!;

        Assert.Equal("cluster:hub:system:serviceaccount:a:b", identity.User);
        Assert.Equal(["cluster:hub:system:serviceaccounts", "cluster:hub:system:serviceaccounts:a"], identity.Groups);
    }

    [Fact]
    public void PrefixOfTheHubsServiceAccounts_IsNotTakenFromAnybodyElse()
    {
        Assert.Null(Map(Person("cluster:hub:system:serviceaccount:a:b")).Identity);

        Assert.Equal(["devs"], Map(Person("mallory", "cluster:hub:system:serviceaccounts:a", "devs")).Identity!.Groups);
    }

    [Fact]
    public void RulesThatCouldEndTheProcess_StopTheirClusterOnly()
    {
        var nested = "spec: " + new string('[', 200_000);
        var aliases = "spec: {clientIdentityExchanger: {rules: [&r {type: PrivilegedIdentityExchanger, source: {user: a}}, *r, *r]}}";

        Assert.Contains("levels deep", Assert.Throws<FormatException>(() => IdentityRulesYaml.Parse(nested)).Message, StringComparison.Ordinal);
        Assert.Contains("aliases", Assert.Throws<FormatException>(() => IdentityRulesYaml.Parse(aliases, onlyFor: "alpha")).Message, StringComparison.Ordinal);
        Assert.Equal(3, IdentityRulesYaml.Parse(aliases).Rules.Count);
    }

    [Theory]
    [InlineData("system:admin")]
    [InlineData("system:kube-controller-manager")]
    [InlineData("system:node:n")]
    [InlineData("system:anonymous")]
    [InlineData("a\nb")]
    [InlineData(" a")]
    public void ReservedUser_IsNotForwarded(string user)
    {
        var decision = Map(Person(user, "system:masters"));

        Assert.Null(decision.Identity);
        Assert.NotEmpty(decision.Reason);
    }

    [Fact]
    public void UidAndExtras_GoOnWhenAskedFor()
    {
        var caller = Person("alice") with
        {
            Uid = "u1",
            Extra = new Dictionary<string, IReadOnlyList<string>> { ["scopes"] = ["a", "b"], ["authentication.kubernetes.io/credential-id"] = ["x"] },
        };

        var identity = new IdentityMapper(Group, null, new IdentityOptions { PassUid = true, Extra = new HashSet<string> { "scopes" } })
            .Map(caller, Cluster()).Identity!;

        Assert.Equal("u1", identity.Uid);
        Assert.Equal(["scopes"], identity.Extra.Keys);
    }

    [Fact]
    public void CallerThatAsksForIt_IsHeldToItsOwnRights_WhereOthersActAsTheGateway()
    {
        var mapper = new IdentityMapper(Group, null, new IdentityOptions { ImpersonatesCallers = false });

        Assert.Same(ForwardedIdentity.AsGateway, mapper.Map(Person("alice"), Cluster()).Identity);
        Assert.Equal("alice", mapper.Map(Person("alice"), Cluster(), asksForItself: true).Identity!.User);
    }

    [Fact]
    public void ClusterRules_GoBeforeTheFiles_AndTheFirstCounts()
    {
        var file = File(Rules("""
            - {name: global, type: StaticMappingIdentityExchanger, source: {group: devs}, target: {user: from-file}}
            - {name: rest, type: PrivilegedIdentityExchanger, source: {userPattern: ^root$, clusterPattern: one}}
            """));
        var annotated = Cluster(Rules("""
            - {name: own, type: StaticMappingIdentityExchanger, source: {user: alice}, target: {user: from-cluster, groups: [g], uid: u}}
            - {name: later, type: PrivilegedIdentityExchanger, source: {user: alice}}
            """));
        var mapper = new IdentityMapper(Group, file, new IdentityOptions());

        Assert.Equal("from-cluster", mapper.Map(Person("alice", "devs"), annotated).Identity!.User);
        Assert.Equal("from-file", mapper.Map(Person("bob", "devs"), annotated).Identity!.User);
        Assert.Equal("from-file", mapper.Map(Person("alice", "devs"), Cluster()).Identity!.User);
        Assert.Same(ForwardedIdentity.AsGateway, mapper.Map(Person("root"), Cluster()).Identity);
        Assert.Equal("carol", mapper.Map(Person("carol"), Cluster()).Identity!.User);
    }

    [Fact]
    public void AnnotationsRules_CountForTheirClusterOnly()
    {
        var cluster = Cluster(Rules("- {type: PrivilegedIdentityExchanger, source: {user: alice, cluster: other}}"));

        Assert.Same(ForwardedIdentity.AsGateway, Map(Person("alice"), cluster).Identity);
    }

    [Fact]
    public void BadAnnotation_StopsThatClusterAlone()
    {
        var decision = Map(Person("alice"), Cluster("spec: {clientIdentityExchanger: {rules: [{type: Nothing, source: {user: a}}]}}"));

        Assert.Null(decision.Identity);
        Assert.Contains("\"Nothing\" is no type", decision.Reason, StringComparison.Ordinal);
        Assert.NotNull(Map(Person("alice")).Identity);
    }

    [Fact]
    public void FileThatTurnsBad_StopsWhatItGoverns_UntilItIsGood()
    {
        var file = File(Rules("- {type: PrivilegedIdentityExchanger, source: {user: alice}}"));
        var mapper = new IdentityMapper(Group, file, new IdentityOptions());
        var annotated = Cluster(Rules("- {type: PrivilegedIdentityExchanger, source: {user: alice}}"));
        System.IO.File.WriteAllText(_directory.File("rules"), Rules("- {type: PrivilegedIdentityExchanger, source: {userPattern: '('}}"));

        Assert.Equal(ReloadOutcome.Unchanged, file.Check());
        Assert.Equal(ReloadOutcome.Refused, file.Check());
        Assert.Null(mapper.Map(Person("alice"), Cluster()).Identity);
        Assert.Null(mapper.Map(Person("bob"), Cluster()).Identity);
        Assert.NotNull(mapper.Map(Person("alice"), annotated).Identity);

        System.IO.File.WriteAllText(_directory.File("rules"), Rules("- {type: PrivilegedIdentityExchanger, source: {user: bob}}"));
        Assert.Equal(ReloadOutcome.Reloaded, file.Check());
        Assert.Same(ForwardedIdentity.AsGateway, mapper.Map(Person("bob"), Cluster()).Identity);
    }

    [Fact]
    public void Anonymous_IsNobodyThere_WhateverTheRules()
    {
        var file = File(Rules("- {type: PrivilegedIdentityExchanger, source: {userPattern: '.*'}}"));

        Assert.Null(new IdentityMapper(Group, file, new IdentityOptions()).Map(Caller.Anonymous, Cluster()).Identity);
    }

    [Theory]
    [InlineData("- {type: ExternalIdentityExchanger, source: {user: a}, url: x}", "ExternalIdentityExchanger is not supported")]
    [InlineData("- {type: StaticMappingIdentityExchanger, source: {user: a}}", "has no target")]
    [InlineData("- {type: StaticMappingIdentityExchanger, source: {user: a}, target: {groups: [g]}}", "target has no user")]
    [InlineData("- {type: StaticMappingIdentityExchanger, source: {user: a}, target: {user: 'system:admin'}}", "reserved")]
    [InlineData("- {type: StaticMappingIdentityExchanger, source: {user: a}, target: {user: b, groups: ['system:masters']}}", "reserved")]
    [InlineData("- {type: PrivilegedIdentityExchanger}", "has no source")]
    [InlineData("- {type: PrivilegedIdentityExchanger, source: {}}", "source is empty")]
    [InlineData("- {type: PrivilegedIdentityExchanger, source: {usr: a}}", "\"usr\" is no key of source")]
    [InlineData("- {type: PrivilegedIdentityExchanger, source: {userPattern: '('}}", "no regular expression")]
    [InlineData("- {type: PrivilegedIdentityExchanger, source: {userPattern: '(?=a)'}}", "no regular expression")]
    [InlineData("- {type: PrivilegedIdentityExchanger, source: {user: a}, target: {user: b}}", "privileged and has a target")]
    [InlineData("- {source: {user: a}}", "has no type")]
    public void Mistake_IsToldWithItsPlace(string rule, string said)
    {
        var error = Assert.Throws<FormatException>(() => IdentityRulesYaml.Parse(Rules(rule)));

        Assert.Contains(said, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("line ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TextThatTheYamlReaderItselfFailsAt_IsAMistakeToo() =>
        Assert.Throws<FormatException>(() => IdentityRulesYaml.Parse("users: [!<> a]"));

    [Fact]
    public void BadFileAtTheStart_IsAnError() => Assert.Throws<StartupException>(() => File("kind: Other"));

    private static Caller Person(string name, params string[] groups) => new(CallerKind.FrontProxy, name) { Groups = groups };

    private static IdentityDecision Map(Caller caller, Cluster? cluster = null) =>
        new IdentityMapper(Group, null, new IdentityOptions()).Map(caller, cluster ?? Cluster());

    private static Cluster Cluster(string? rules = null) => new()
    {
        Name = "one",
        Endpoint = new ClusterEndpoint { Kind = EndpointKind.Const, Address = new Uri("https://one.example") },
        Credential = ClusterCredential.None,
        Origin = ClusterOrigin.Secret,
        Annotations = rules is null
            ? ImmutableSortedDictionary<string, string>.Empty
            : ImmutableSortedDictionary<string, string>.Empty.Add($"{Group}/cluster-gateway-proxy-configuration", rules),
    };

    private static string Rules(string rules) =>
        "apiVersion: cluster.core.oam.dev/v1alpha1\nkind: ClusterGatewayProxyConfiguration\nspec:\n  clientIdentityExchanger:\n    rules:\n"
        + string.Join('\n', rules.Split('\n').Select(static l => "    " + l)) + "\n";

    private ReloadingFile<IdentityRules> File(string text)
    {
        System.IO.File.WriteAllText(_directory.File("rules"), text);
        return IdentityRulesFile.Load(new FlagFile("cluster-gateway-proxy-config", _directory.File("rules")));
    }
}
