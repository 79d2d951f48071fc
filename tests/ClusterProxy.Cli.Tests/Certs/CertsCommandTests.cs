using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.Json;
using ClusterProxy.Cli.Certs;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Cli.Tests.Certs;

[UnsupportedOSPlatform("windows")]
public sealed class CertsCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cp-").FullName;

    private string Out => Path.Combine(_folder, "out");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Dev_Defaults_WriteTwoAuthoritiesAndALeafForEachRole()
    {
        var run = Run("dev", "--out", Out);

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        string[] names = ["agent-alpha", "agent-beta", "agent-ca", "frontend", "frontend-ca", "server-agent", "server-frontend"];
        Assert.Equal(
            names.SelectMany(n => new[] { $"{n}.crt", $"{n}.key" }).Order(StringComparer.Ordinal),
            Directory.GetFiles(Out).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Out));
        Assert.All(
            Directory.GetFiles(Out, "*.key"), f => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(f)));
    }

    [Fact]
    public void Rotate_StepThatIsNone_SaysWhichThereAre()
    {
        var run = Run("rotate", "--step", "all");

        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("'leaves'", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("ClusterProxy.", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_FileThatIsNotThere_IsNamed()
    {
        var run = Run("inspect", Path.Combine(_folder, "nope.crt"));

        Assert.Equal(1, run.ExitCode);
        Assert.Equal($"clusterproxy: there is no file {Path.Combine(_folder, "nope.crt")}; correct the path\n", run.Errors);
    }

    [Fact]
    public void Dev_TwoAuthorities_DoNotTrustEachOthersLeaves()
    {
        Run("dev", "--out", Out);

        Assert.Equal(PeerVerdict.Accepted, Verdict("agent-alpha", "agent-ca", PeerUsage.Client));
        Assert.Equal(PeerVerdict.Untrusted, Verdict("agent-alpha", "frontend-ca", PeerUsage.Client));
        Assert.Equal(PeerVerdict.Accepted, Verdict("frontend", "frontend-ca", PeerUsage.Client));
        Assert.Equal(PeerVerdict.Untrusted, Verdict("frontend", "agent-ca", PeerUsage.Client));
    }

    [Fact]
    public void Dev_HostsClustersAndDays_AreInTheCertificates()
    {
        var run = Run("dev", "--out", Out, "--cluster", "one,two", "--cluster", "three", "--host", "hub.example,192.0.2.7", "--days", "7");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(PeerVerdict.Accepted, Verdict("server-agent", "agent-ca", PeerUsage.Server, "192.0.2.7"));
        Assert.Equal(PeerVerdict.Accepted, Verdict("server-frontend", "frontend-ca", PeerUsage.Server, "hub.example"));
        Assert.Equal(PeerVerdict.Accepted, Verdict("server-frontend", "frontend-ca", PeerUsage.Server, "localhost"));
        using var three = KeyPairFile.Load("c", Pem("agent-three.crt"), "k", Pem("agent-three.key")).Certificate;
        Assert.Equal(["spiffe://clusterproxy/cluster/three"], CertificateNames.Of(three).Uris);
        Assert.InRange(three.NotAfter.ToUniversalTime(), DateTime.UtcNow.AddDays(6.9), DateTime.UtcNow.AddDays(7.1));
    }

    [Fact]
    public void Dev_SingleCa_SignsBothPlanes()
    {
        Run("dev", "--out", Out, "--single-ca");

        Assert.Equal(PeerVerdict.Accepted, Verdict("agent-alpha", "ca", PeerUsage.Client));
        Assert.Equal(PeerVerdict.Accepted, Verdict("frontend", "ca", PeerUsage.Client));
    }

    [Theory]
    [InlineData("peer-ca")]
    [InlineData("ca", "--single-ca")]
    public void Dev_Servers_GetCertificatesForEachOther(string authority, params string[] more)
    {
        var run = Run(["dev", "--out", Out, "--server", "hub-0,hub_1.example", .. more]);

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        foreach (var server in (string[])["hub-0", "hub_1.example"])
        {
            Assert.Equal(PeerVerdict.Accepted, Verdict($"peer-{server}", authority, PeerUsage.Server));
            Assert.Equal(PeerVerdict.Accepted, Verdict($"peer-{server}", authority, PeerUsage.Client));
            using var leaf = KeyPairFile.Load("c", Pem($"peer-{server}.crt"), "k", Pem($"peer-{server}.key")).Certificate;
            var identity = CertificateIdentity.Of(leaf);
            Assert.Equal((CertificateRole.Server, server), (identity.Role, identity.Name));
        }

        if (more is [])
        {
            Assert.Equal(PeerVerdict.Untrusted, Verdict("peer-hub-0", "agent-ca", PeerUsage.Client));
            Assert.Equal(PeerVerdict.Untrusted, Verdict("agent-alpha", "peer-ca", PeerUsage.Client));
            Assert.Equal(PeerVerdict.Untrusted, Verdict("frontend", "peer-ca", PeerUsage.Client));
        }
    }

    [Fact]
    public void Dev_FilesExist_AreKeptUnlessForced()
    {
        Run("dev", "--out", Out);
        var before = File.ReadAllText(Pem("agent-ca.key"));
        File.SetUnixFileMode(Pem("agent-ca.key"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);

        var refused = Run("dev", "--out", Out);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("--force", refused.Errors, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(Pem("agent-ca.key")));

        Assert.Equal(0, Run("dev", "--out", Out, "--force").ExitCode);
        Assert.NotEqual(before, File.ReadAllText(Pem("agent-ca.key")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Pem("agent-ca.key")));
    }

    [Theory]
    [InlineData("--cluster", "../escape")]
    [InlineData("--cluster", "UPPER")]
    [InlineData("--cluster", "twice,twice")]
    [InlineData("--cluster", "ca")]
    [InlineData("--server", "../escape")]
    [InlineData("--server", "a/b")]
    [InlineData("--server", "twice,Twice")]
    [InlineData("--server", "ca")]
    [InlineData("--server", "ca.next")]
    [InlineData("--host", "no host")]
    [InlineData("--days", "0")]
    [InlineData("--days", "100000")]
    public void Dev_BadValue_IsAUsageErrorThatNamesIt(string option, string value)
    {
        var run = Run("dev", "--out", Out, option, value);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains($"{option}=", run.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Out));
    }

    [Fact]
    public void Dev_Config_IsReadAndOptionsWin()
    {
        var config = Pem("dev.yaml", "out: made\nclusters: [gamma]\nservers: [hub-0]\nhosts:\n  - hub.example\ndays: 3\nsingleCa: true\n");

        Assert.Equal(0, Run("dev", "--config", config, "--cluster", "delta").ExitCode);
        var made = Path.Combine(_folder, "made");
        Assert.True(File.Exists(Path.Combine(made, "agent-delta.crt")));
        Assert.False(File.Exists(Path.Combine(made, "agent-gamma.crt")));
        Assert.True(File.Exists(Path.Combine(made, "ca.crt")));
        Assert.True(File.Exists(Path.Combine(made, "peer-hub-0.crt")));
    }

    [Theory]
    [InlineData("day: 3", "unknown key \"day\"")]
    [InlineData("days: soon", "days must be a whole number")]
    [InlineData("clusters: alpha", "clusters must be a list")]
    [InlineData("singleCa: yes", "singleCa must be true or false")]
    [InlineData("- a", "expected keys and values")]
    [InlineData("a: [", "line ")]
    public void Dev_BadConfig_SaysWhatIsWrong(string yaml, string problem)
    {
        var run = Run("dev", "--config", Pem("dev.yaml", yaml));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(problem, run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Dev_ConfigOfTheRepository_IsValid()
    {
        var path = Path.Combine(RepositoryRoot(), "certs-dev", "certs-dev.yaml");
        using var reader = new StreamReader(path);

        var options = DevPkiConfig.Read(path, reader);
        Assert.Null(options.Validate());
        Assert.Equal(Path.Combine(RepositoryRoot(), "certs-dev", "out"), options.Out);
    }

    [Fact]
    public void Inspect_GoodFiles_ShowsNamesUsageAndKey()
    {
        Run("dev", "--out", Out);

        var run = Run("inspect", Path.Combine(Out, "server-agent.crt"), Path.Combine(Out, "agent-ca.crt"));
        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Contains("localhost, 127.0.0.1, ::1", run.Output, StringComparison.Ordinal);
        Assert.Contains("serverAuth", run.Output, StringComparison.Ordinal);
        Assert.Contains("ECDSA 256", run.Output, StringComparison.Ordinal);
        Assert.Contains("matches", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_Json_IsReadByPrograms()
    {
        Run("dev", "--out", Out);

        var run = Run("inspect", "-o", "json", Path.Combine(Out, "agent-alpha.crt"));
        using var json = JsonDocument.Parse(run.Output);
        var report = Assert.Single(json.RootElement.EnumerateArray());
        Assert.Equal("clientAuth", Assert.Single(report.GetProperty("usages").EnumerateArray()).GetString());
        Assert.Equal("valid", report.GetProperty("validity").GetString());
        Assert.Equal("match", report.GetProperty("key").GetString());
        Assert.InRange(report.GetProperty("daysLeft").GetDouble(), 29, 30);
    }

    [Fact]
    public void Inspect_KeyOfAnotherCertificate_Fails()
    {
        Run("dev", "--out", Out);

        var run = Run("inspect", Pem("tls.crt", File.ReadAllText(Path.Combine(Out, "agent-alpha.crt"))), Path.Combine(Out, "agent-beta.key"));
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("DOES NOT MATCH", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_Expired_Fails()
    {
        using var ca = CertificateAuthority.Create("ca", TimeProvider.System);
        using var leaf = ca.IssueClient(new CertificateProfile { CommonName = "c", NotBefore = DateTimeOffset.UtcNow.AddDays(-2), Lifetime = TimeSpan.FromDays(-1) });

        var run = Run("inspect", Pem("late.crt", leaf.ExportCertificatePem()));
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("expired", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_ChainFile_ListsEveryCertificate()
    {
        using var ca = CertificateAuthority.Create("ca", TimeProvider.System);
        using var middle = ca.CreateIntermediate("middle");
        using var leaf = middle.IssueServer(new CertificateProfile { CommonName = "leaf" });

        var run = Run("inspect", Pem("chain.pem", leaf.ExportCertificatePem() + leaf.ExportKeyPem()));
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("chain.pem #2", run.Output, StringComparison.Ordinal);
        Assert.Contains("CN=middle", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("absent.crt", null)]
    [InlineData("empty.crt", "")]
    [InlineData("broken.crt", "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n")]
    public void Inspect_UnusableFile_NamesIt(string name, string? content)
    {
        var path = content is null ? Path.Combine(_folder, name) : Pem(name, content);

        var run = Run("inspect", path);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(path, run.Errors, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Dev_CheckedByOpenssl_Verifies()
    {
        var openssl = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(d => Path.Combine(d, "openssl")).FirstOrDefault(File.Exists);
        Skip.If(openssl is null, "openssl is not installed");
        Run("dev", "--out", Out);

        foreach (var (leaf, ca, purpose) in new[]
        {
            ("server-agent", "agent-ca", "sslserver"), ("server-frontend", "frontend-ca", "sslserver"),
            ("agent-alpha", "agent-ca", "sslclient"), ("frontend", "frontend-ca", "sslclient"),
        })
        {
            var start = new ProcessStartInfo(
                openssl!, ["verify", "-x509_strict", "-purpose", purpose, "-CAfile", Path.Combine(Out, $"{ca}.crt"), Path.Combine(Out, $"{leaf}.crt")])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync();
            var errors = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync().DefaultTimeout();
            Assert.True(process.ExitCode == 0, await output + await errors);
        }
    }

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "ClusterProxy.sln")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("no ClusterProxy.sln above the tests");
        }

        return folder.FullName;
    }

    private static CommandRun Run(params string[] args) => CommandRun.Of(CertsCommand.Create(TimeProvider.System), args);

    private string Pem(string name) => Path.Combine(Out, name);

    private string Pem(string name, string content)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, content);
        return path;
    }

    private PeerVerdict Verdict(string leaf, string ca, PeerUsage usage, string? name = null)
    {
        var pair = KeyPairFile.Load("cert", Pem($"{leaf}.crt"), "key", Pem($"{leaf}.key"));
        return PeerCertificateCheck.Check(pair.Certificate, [], CaBundle.Load("ca", Pem($"{ca}.crt")), usage, name, TimeProvider.System).Verdict;
    }
}
