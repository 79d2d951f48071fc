using System.Globalization;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Hosting.Metrics;
using ClusterProxy.Hosting.Reloading;
using ClusterProxy.Hosting.Tests.Metrics;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Hosting.Tests.Certificates;

public sealed class CertificateFilesTests : IAsyncDisposable
{
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    private readonly TemporaryFolder _folder = new();
    private readonly MeterFactory _meters = new();
    private readonly RecordingLogger _logger = new();
    private readonly CertificateAuthority _ca = CertificateAuthority.Create("CA", TimeProvider.System);
    private readonly PrometheusText _text;
    private readonly CertificateFiles _files;

    public CertificateFilesTests()
    {
        _text = new PrometheusText(_meters, [HostingMetrics.MeterName]);
        _files = new CertificateFiles(new HostingMetrics(_meters, "server"), _logger, TimeProvider.System, Week);
    }

    public async ValueTask DisposeAsync()
    {
        await _files.DisposeAsync();
        _text.Dispose();
        _meters.Dispose();
        _ca.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Pair_ThatIsReplaced_IsInUse_Counted_AndLogged()
    {
        var pair = Load(Issue("first"));
        _files.Start();

        Write(Issue("second"));

        await Eventually.ObserveAsync(() => Task.FromResult(pair.Value.Certificate.Subject == "CN=second"));
        await Eventually.ObserveAsync(() => Task.FromResult(Reloads("success") == 1));
        Assert.Equal(0, Reloads("failure"));
        var log = Assert.Single(_logger.Entries);
        Assert.Equal(("FileReloaded", LogLevel.Information), (log.Id.Name, log.Level));
        Assert.Contains("CN=second", log.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no pem")]
    [InlineData("half")]
    [InlineData("other key")]
    [InlineData("expired")]
    [InlineData("absent")]
    public async Task Pair_ThatIsBad_IsRefused_Counted_AndLogged_AndTheLastGoodKept(string fault)
    {
        var pair = Load(Issue("first"));
        _files.Start();
        var next = Issue("second");
        switch (fault)
        {
            case "no pem":
                _folder.Write("tls.crt", "not a certificate");
                break;
            case "half":
                _folder.Write("tls.crt", next.ExportCertificatePem()[..300]);
                break;
            case "other key":
                _folder.Write("tls.crt", next.ExportCertificatePem());
                break;
            case "expired":
                Write(Issue("expired", TimeSpan.FromHours(-1)));
                break;
            default:
                File.Delete(_folder["tls.key"]);
                break;
        }

        await Eventually.ObserveAsync(() => Task.FromResult(Reloads("failure") == 1));
        Assert.Equal("CN=first", pair.Value.Certificate.Subject);
        var log = Assert.Single(_logger.Entries);
        Assert.Equal(("FileRefused", LogLevel.Warning), (log.Id.Name, log.Level));
        Assert.Contains(_folder.Path, log.Text, StringComparison.Ordinal);

        Write(next);

        await Eventually.ObserveAsync(() => Task.FromResult(Reloads("success") == 1));
        Assert.Equal("CN=second", pair.Value.Certificate.Subject);
    }

    [Fact]
    public void Expiry_IsShown_OfPairsAndBundles()
    {
        using var next = CertificateAuthority.Create("next", TimeProvider.System, TimeSpan.FromDays(5000));
        var bundle = _files.Authorities("agent", new("ca", _folder.Write("ca.crt", _ca.ExportCertificatePem() + next.ExportCertificatePem())));
        var pair = Load(Issue("leaf"));

        var ends = PrometheusTextParser.Parse(_text.Render())["clusterproxy_server_certificate_expiry_timestamp_seconds"];

        Assert.Equal(Seconds(pair.Value.Certificate), ends.Value(("plane", "agent"), ("role", "serving")));
        Assert.Equal(Seconds(bundle.Value.Certificates[1]), ends.Value(("plane", "agent"), ("role", "ca")));

        static double Seconds(System.Security.Cryptography.X509Certificates.X509Certificate2 certificate) =>
            new DateTimeOffset(certificate.NotAfter.ToUniversalTime()).ToUnixTimeSeconds();
    }

    [Theory]
    [InlineData("365:00:00:00", null)]
    [InlineData("8:00:00:00", null)]
    [InlineData("00:03:00", "expires")]
    [InlineData("-00:03:00", "expired")]
    public async Task End_ThatIsNear_IsWarnedOf_OnceInTheLog(string left, string? warning)
    {
        var lifetime = TimeSpan.Parse(left, CultureInfo.InvariantCulture);
        Load(Issue("leaf", lifetime, started: TimeSpan.FromDays(1)));

        Assert.Equal(warning is null ? 0 : 1, _files.Warnings().Count);
        Assert.All(_files.Warnings(), w => Assert.Contains($"{_folder["tls.crt"]} {warning} at ", w, StringComparison.Ordinal));
        _files.Start();
        if (warning is null)
        {
            return;
        }

        await Eventually.ObserveAsync(() => Task.FromResult(_logger.Entries.Count > 0));
        Write(Issue("renewed"));
        await Eventually.ObserveAsync(() => Task.FromResult(Reloads("success") == 1));
        Assert.Empty(_files.Warnings());
        Assert.Equal(
            [warning == "expired" ? "CertificateExpired" : "CertificateExpiresSoon", "FileReloaded"], _logger.Entries.Select(static e => e.Id.Name));
    }

    [Theory]
    [InlineData(365, 7)]
    [InlineData(30, 6)]
    [InlineData(1, 0.2)]
    public void Warning_OfAShortLife_ComesWhenAFifthIsLeft(double days, double before)
    {
        var start = DateTimeOffset.UnixEpoch;
        var validity = new Validity(start, start.AddDays(days));

        Assert.Equal(TimeSpan.FromDays(before), validity.End - validity.WarnFrom(Week));
    }

    private ReloadingFile<KeyPair> Load(IssuedCertificate issued)
    {
        Write(issued);
        return _files.KeyPair("agent", "serving", new("cert", _folder["tls.crt"]), new("key", _folder["tls.key"]));
    }

    private void Write(IssuedCertificate issued)
    {
        _folder.Write("tls.crt", issued.ExportCertificatePem());
        _folder.Write("tls.key", issued.ExportKeyPem());
    }

    private IssuedCertificate Issue(string name, TimeSpan? lifetime = null, TimeSpan? started = null) => _ca.IssueServer(new CertificateProfile
    {
        CommonName = name,
        Lifetime = lifetime ?? TimeSpan.FromDays(365),
        NotBefore = TimeProvider.System.GetUtcNow() - (started ?? TimeSpan.FromDays(2)),
    });

    private double Reloads(string result) =>
        PrometheusTextParser.Parse(_text.Render())["clusterproxy_server_certificate_reloads_total"]
            .Value(("plane", "agent"), ("role", "serving"), ("result", result));
}
