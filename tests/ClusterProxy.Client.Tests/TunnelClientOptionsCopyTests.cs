using System.Reflection;

namespace ClusterProxy.Client.Tests;

public sealed class TunnelClientOptionsCopyTests
{
    /// <summary>Each property has another value than a new object's, so that one that is forgotten shows.</summary>
    [Fact]
    public void Copy_HasEveryOption()
    {
        using var certificates = new TestCertificates();
        using var gauge = ClientInstrument.Connections();
        var options = new TunnelClientOptions
        {
            Address = new Uri("https://hub.example:8090"),
            Transport = TunnelTransport.Lane,
            Lanes = 7,
            ClientCertificateProvider = static () => null,
            ClientCertificateFile = "a",
            ClientKeyFile = "b",
            ServerAuthoritiesFile = "c",
            ServerAuthoritiesProvider = static () => null,
            ServerCertificateValidation = static (_, _, _, _) => false,
            ServerName = "d",
            DialTimeout = TimeSpan.FromSeconds(71),
            ConnectTimeout = TimeSpan.FromSeconds(72),
            CloseTimeout = TimeSpan.FromSeconds(73),
            KeepAliveDelay = TimeSpan.FromSeconds(74),
            KeepAliveTimeout = TimeSpan.FromSeconds(75),
            MaxMessageSize = 76,
            WithoutFeatures = Protocol.TunnelFeatureSet.Credit,
            TimeProvider = new ManualTime(),
            LoggerFactory = Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance,
            MeterFactory = gauge.Factory,
        };
        options.ClientCertificates.Add(certificates.Client().Certificate);
        options.ServerAuthorities.Add(certificates.Authority.Certificate);

        var copy = options.Copy();

        var (plain, all) = (new TunnelClientOptions(), typeof(TunnelClientOptions).GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic));
        foreach (var property in all)
        {
            if (property.CanWrite)
            {
                Assert.NotEqual(property.GetValue(plain), property.GetValue(options));
                Assert.Equal(property.GetValue(options), property.GetValue(copy));
            }
        }

        Assert.Equal(options.ClientCertificates, copy.ClientCertificates);
        Assert.Equal(options.ServerAuthorities, copy.ServerAuthorities);
        Assert.NotSame(options.ClientCertificates, copy.ClientCertificates);
        Assert.NotSame(options.ServerAuthorities, copy.ServerAuthorities);
    }
}
