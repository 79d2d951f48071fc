using System.Runtime.Versioning;
using ClusterProxy.Cli.Certs;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Cli.Tests.Certs;

[UnsupportedOSPlatform("windows")]
public sealed class CertsRotateTests : IDisposable
{
    private static readonly string[] Leaves = ["agent-alpha", "agent-beta", "frontend", "peer-hub-0", "server-agent", "server-frontend"];

    private readonly TemporaryDirectory _folder = new();

    public CertsRotateTests() => Assert.Equal(0, Run("dev", "--out", _folder.Path, "--host", "hub.example", "--server", "hub-0", "--days", "20").ExitCode);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Leaves_GetNewKeys_AndKeepNamesUsageIssuerAndLifetime()
    {
        var before = Leaves.ToDictionary(static l => l, Pair);

        var run = Rotate("leaves");

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        foreach (var leaf in Leaves)
        {
            var (old, now) = (before[leaf].Certificate, Pair(leaf).Certificate);
            Assert.NotEqual(old.GetPublicKeyString(), now.GetPublicKeyString());
            Assert.Equal((old.Subject, old.Issuer), (now.Subject, now.Issuer));
            Assert.Equal(CertificateNames.Of(old).All, CertificateNames.Of(now).All);
            Assert.InRange((now.NotAfter - now.NotBefore).TotalDays, 19.9, 20.1);
            Assert.True(IsTrusted(leaf, File.ReadAllText(Ca(leaf))));
            Assert.Contains(_folder.File($"{leaf}.crt"), run.Output, StringComparison.Ordinal);
        }

        Assert.All(
            Directory.GetFiles(_folder.Path, "*.key"),
            static f => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(f)));
        Assert.Empty(Directory.GetFiles(_folder.Path, "*.tmp"));
    }

    /// <summary>As if the disk had been full between the two files of the first step.</summary>
    [Fact]
    public void Trust_ThatWasInterrupted_IsRunAgain_AndNothingElseIs()
    {
        Assert.Equal(0, Rotate("trust", "--ca", "agent-ca").ExitCode);
        File.Delete(_folder.File("agent-ca.next.key"));

        Assert.Contains("--step trust", Rotate("retire", "--ca", "agent-ca").Errors, StringComparison.Ordinal);
        Assert.NotEqual(0, Rotate("issue", "--ca", "agent-ca").ExitCode);
        foreach (var step in (string[])["trust", "issue", "retire"])
        {
            Assert.Equal("", Rotate(step, "--ca", "agent-ca").Errors);
        }

        Assert.Equal("CN=clusterproxy development agent CA G2", CaBundle.Load("ca", _folder.File("agent-ca.crt")).Certificates.Single().Subject);
        Assert.True(IsTrusted("agent-alpha", File.ReadAllText(_folder.File("agent-ca.crt"))));
    }

    /// <summary>As if the step had been interrupted between two authorities.</summary>
    [Theory]
    [InlineData("trust")]
    [InlineData("issue")]
    [InlineData("retire")]
    public void Step_OfAllAuthorities_GoesOnWithThoseThatAreLeft(string interrupted)
    {
        foreach (var step in (string[])["trust", "issue", "retire"])
        {
            if (step == interrupted)
            {
                Assert.Equal(0, Rotate(step, "--ca", "agent-ca").ExitCode);
            }

            Assert.Equal("", Rotate(step).Errors);
        }

        Assert.All(
            ["agent-ca", "frontend-ca"],
            (string ca) => Assert.EndsWith(" G2", CaBundle.Load("ca", _folder.File($"{ca}.crt")).Certificates.Single().Subject, StringComparison.Ordinal));
    }

    [Fact]
    public void Folder_ThatIsThere_KeepsItsMode()
    {
        const UnixFileMode Shared = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;
        File.SetUnixFileMode(_folder.Path, Shared);

        Assert.Equal(0, Rotate("leaves").ExitCode);

        Assert.Equal(Shared, File.GetUnixFileMode(_folder.Path));
    }

    /// <summary>Whoever has the files of the step before meets whoever has those of the step after, in each direction.</summary>
    [Fact]
    public void RollOver_AtEachStep_EveryLeafIsTrustedByWhoeverIsOneStepBehindOrAhead()
    {
        var states = new List<(string[] Leaves, string Ca)> { State() };
        foreach (var step in (string[])["trust", "issue", "retire"])
        {
            var run = Rotate(step, "--ca", "agent-ca");
            Assert.Equal((0, ""), (run.ExitCode, run.Errors));
            states.Add(State());
        }

        foreach (var ((before, oldCa), (after, newCa)) in states.Zip(states.Skip(1)))
        {
            Assert.All(before, leaf => Assert.True(IsTrusted(leaf, newCa, isPem: true)));
            Assert.All(after, leaf => Assert.True(IsTrusted(leaf, oldCa, isPem: true)));
        }

        Assert.All(states[0].Leaves, leaf => Assert.False(IsTrusted(leaf, states[3].Ca, isPem: true)));
        Assert.Equal("CN=clusterproxy development agent CA G2", CaBundle.Load("ca", _folder.File("agent-ca.crt")).Certificates.Single().Subject);
        Assert.Equal("CN=clusterproxy development frontend CA", Pair("frontend").Certificate.Issuer);
        Assert.False(File.Exists(_folder.File("agent-ca.next.key")));

        (string[] Leaves, string Ca) State() =>
            ([.. Leaves.Where(static l => l.Contains("agent", StringComparison.Ordinal)).Select(l => File.ReadAllText(_folder.File($"{l}.crt")))],
            File.ReadAllText(_folder.File("agent-ca.crt")));
    }

    [Fact]
    public void RollOver_Again_CountsOn()
    {
        foreach (var step in (string[])["trust", "issue", "retire", "trust", "issue", "retire"])
        {
            Assert.Equal(0, Rotate(step).ExitCode);
        }

        Assert.Equal("CN=clusterproxy development frontend CA G3", CaBundle.Load("ca", _folder.File("frontend-ca.crt")).Certificates.Single().Subject);
        Assert.All(Leaves, leaf => Assert.True(IsTrusted(leaf, File.ReadAllText(Ca(leaf)), false)));
    }

    [Theory]
    [InlineData("issue", "make one with --step trust")]
    [InlineData("retire", "goes on with --step trust")]
    [InlineData("trust trust", "go on with --step issue")]
    [InlineData("trust retire", "goes on with --step issue")]
    [InlineData("trust issue issue", "make one with --step trust")]
    [InlineData("trust issue trust", "go on with --step retire")]
    public void Step_OutOfOrder_SaysWhichIsDue_AndWritesNothing(string steps, string remedy)
    {
        var all = steps.Split(' ');
        Assert.All(all[..^1], step => Assert.Equal(0, Rotate(step, "--ca", "agent-ca").ExitCode));
        var before = Contents();

        var run = Rotate(all[^1], "--ca", "agent-ca");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(remedy, run.Errors, StringComparison.Ordinal);
        Assert.Equal(before, Contents());
    }

    [Fact]
    public void Retire_WithALeafOfTheOldAuthority_IsRefused()
    {
        var (certificate, key) = (File.ReadAllText(_folder.File("agent-beta.crt")), File.ReadAllText(_folder.File("agent-beta.key")));
        Assert.Equal(0, Rotate("trust").ExitCode);
        Assert.Equal(0, Rotate("issue").ExitCode);
        File.WriteAllText(_folder.File("agent-beta.crt"), certificate);
        File.WriteAllText(_folder.File("agent-beta.key"), key);

        var run = Rotate("retire");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("agent-beta.crt would be trusted no more", run.Errors, StringComparison.Ordinal);
        Assert.Equal(0, Rotate("leaves").ExitCode);
        Assert.Equal(0, Rotate("retire").ExitCode);
    }

    [Theory]
    [InlineData("--ca", "nobody-ca", "no authority \"nobody-ca\"")]
    [InlineData("--out", "/no/such/folder", "no folder /no/such/folder")]
    public void Values_ThatLeadNowhere_AreNamed(string option, string value, string text)
    {
        var run = option == "--out" ? Run("rotate", "--step", "leaves", option, value) : Rotate("leaves", option, value);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(text, run.Errors, StringComparison.Ordinal);
    }

    private CommandRun Rotate(string step, params string[] more) => Run(["rotate", "--step", step, "--out", _folder.Path, .. more]);

    private static CommandRun Run(params string[] args) => CommandRun.Of(CertsCommand.Create(TimeProvider.System), args);

    private KeyPair Pair(string leaf) => KeyPairFile.Load("cert", _folder.File($"{leaf}.crt"), "key", _folder.File($"{leaf}.key"));

    private string Ca(string leaf) => _folder.File(
        leaf.StartsWith("peer", StringComparison.Ordinal) ? "peer-ca.crt"
        : leaf.Contains("agent", StringComparison.Ordinal) ? "agent-ca.crt"
        : "frontend-ca.crt");

    private Dictionary<string, string> Contents() => Directory.GetFiles(_folder.Path).ToDictionary(static f => f, File.ReadAllText);

    private bool IsTrusted(string leaf, string ca, bool isPem = false)
    {
        var certificate = isPem ? CaBundle.Parse(leaf, "leaf").Certificates[0] : Pair(leaf).Certificate;
        return new[] { PeerUsage.Client, PeerUsage.Server }.Any(usage => PeerCertificateCheck.Check(
            certificate, [], CaBundle.Parse(ca, "ca"), usage, serverName: null, TimeProvider.System).IsAccepted);
    }
}
