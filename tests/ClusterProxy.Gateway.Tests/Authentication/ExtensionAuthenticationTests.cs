using ClusterProxy.Gateway.Authentication;
using ClusterProxy.Kubernetes.Resources;

namespace ClusterProxy.Gateway.Tests.Authentication;

/// <summary>The ConfigMap by which front proxies are known, as somebody may spoil it.</summary>
public sealed class ExtensionAuthenticationTests : IDisposable
{
    private readonly TestCertificates _proxies = new("front proxy CA");
    private readonly List<string> _problems = [];

    public void Dispose() => _proxies.Dispose();

    [Fact]
    public void NamesThatCannotBeRead_AndWereNeverKnown_BelieveNoFrontProxy()
    {
        var read = Read(AuthenticationSettings.None, "kube-aggregator");

        Assert.Null(read.FrontProxy);
        Assert.Single(_problems);
    }

    [Fact]
    public void NamesThatCannotBeReadAnyMore_StayAsTheyWere()
    {
        var before = Read(AuthenticationSettings.None, """["kube-aggregator"]""");

        Assert.Equal(["kube-aggregator"], Read(before, "{").FrontProxy!.AllowedNames);
    }

    [Fact]
    public void EmptyListOfNames_IsAnyName_AsInKubernetes() =>
        Assert.Empty(Read(AuthenticationSettings.None, "[]").FrontProxy!.AllowedNames);

    [Fact]
    public void AuthorityOfPeople_MayBeMissing()
    {
        var read = Read(AuthenticationSettings.None, """["kube-aggregator"]""");

        Assert.Null(read.ClientCa);
        Assert.NotNull(read.FrontProxy);
        Assert.Empty(_problems);
    }

    [Fact]
    public void UidHeaders_AreReadWhereTheyAreNamed()
    {
        Assert.Equal(["X-Remote-Uid"], Read(AuthenticationSettings.None, "[]", ("requestheader-uid-headers", """["X-Remote-Uid"]""")).FrontProxy!.UidHeaders);
        Assert.Empty(Read(AuthenticationSettings.None, "[]").FrontProxy!.UidHeaders);
    }

    private AuthenticationSettings Read(AuthenticationSettings last, string names, params (string Key, string Text)[] more) => ExtensionAuthentication.Read(
        new ConfigMap
        {
            Data = new Dictionary<string, string>(more.Select(static m => KeyValuePair.Create(m.Key, m.Text)))
            {
                ["requestheader-client-ca-file"] = _proxies.Authority.ExportCertificatePem(),
                ["requestheader-allowed-names"] = names,
                ["requestheader-username-headers"] = """["X-Remote-User"]""",
            },
        },
        last, _problems);
}
