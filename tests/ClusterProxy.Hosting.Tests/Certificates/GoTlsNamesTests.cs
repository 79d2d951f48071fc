using System.Net.Security;
using System.Security.Authentication;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Hosting.Tests.Certificates;

public sealed class GoTlsNamesTests
{
    [Fact]
    public void ParseCipherSuites_GoNames_AreMapped() =>
        Assert.Equal(
            [TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256],
            GoTlsNames.ParseCipherSuites("cipher-suites", ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305"]));

    [Theory]
    [InlineData("TLS_RSA_WITH_RC4_128_SHA", "insecure")]
    [InlineData("TLS_RSA_WITH_AES_128_GCM_SHA256", "insecure")]
    [InlineData("TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", "insecure")]
    [InlineData("NO_SUCH_SUITE", "unknown")]
    [InlineData("49199", "unknown")]
    public void ParseCipherSuites_InsecureOrUnknown_IsRefused(string name, string problem)
    {
        var error = Assert.Throws<StartupException>(() => GoTlsNames.ParseCipherSuites("cipher-suites", [name]));
        Assert.Contains($"--cipher-suites={name}: an {problem}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", SslProtocols.Tls12 | SslProtocols.Tls13)]
    [InlineData("VersionTLS12", SslProtocols.Tls12 | SslProtocols.Tls13)]
    [InlineData("VersionTLS13", SslProtocols.Tls13)]
    public void ParseMinimumVersion_GoName_GivesTheVersionsServed(string name, SslProtocols expected) =>
        Assert.Equal(expected, GoTlsNames.ParseMinimumVersion("tls-min-version", name));

    [Fact]
    public void ParseMinimumVersion_Unknown_NamesTheChoices()
    {
        var error = Assert.Throws<StartupException>(() => GoTlsNames.ParseMinimumVersion("tls-min-version", "1.2"));
        Assert.Contains("VersionTLS13", error.Message, StringComparison.Ordinal);
    }
}
