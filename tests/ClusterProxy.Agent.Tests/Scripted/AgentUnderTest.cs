using System.Net;

namespace ClusterProxy.Agent.Tests.Scripted;

/// <summary>A whole agent in this process. On dispose it must have left nothing behind and logged no error.</summary>
internal sealed class AgentUnderTest : IAsyncDisposable
{
    private readonly FailOnErrorLog _log;
    private readonly HttpClient _http = new();

    private AgentUnderTest(ProxyAgentHost host, FailOnErrorLog log)
    {
        Host = host;
        _log = log;
    }

    public ProxyAgentHost Host { get; }

    public IReadOnlyList<LogRecord> Records => _log.Records;

    public CapturedLog Log => _log.Log;

    public static AgentOptions Options(TestCertificates certificates, params int[] serverPorts) => new()
    {
        AgentId = "agent-under-test",
        CaCert = certificates.AuthorityFile,
        ProxyServerHost = [.. serverPorts.Select(p => new HostPort("127.0.0.1", p))],
        HealthServerHost = IPAddress.Loopback,
        HealthServerPort = 0,
        AdminServerPort = 0,
        SyncInterval = TimeSpan.FromMilliseconds(100),
        SyncIntervalCap = TimeSpan.FromSeconds(1),
    };

    public static Task<AgentUnderTest> StartAsync(TestCertificates certificates, params int[] serverPorts) =>
        StartAsync(Options(certificates, serverPorts));

    public static async Task<AgentUnderTest> StartAsync(
        AgentOptions options, TimeProvider? time = null, Func<string, string?>? environment = null)
    {
        var log = new FailOnErrorLog();
        var host = await ProxyAgentHost.StartAsync(
            options, log.CreateFactory(), time ?? TimeProvider.System, environment ?? (static _ => null)).DefaultTimeout();
        return new AgentUnderTest(host, log);
    }

    public Task<string> GetAsync(string path) => _http.GetStringAsync(new Uri($"http://127.0.0.1:{Host.HealthPort}{path}"));

    public async Task<HttpStatusCode> StatusAsync(string path)
    {
        using var response = await _http.GetAsync(new Uri($"http://127.0.0.1:{Host.HealthPort}{path}"));
        return response.StatusCode;
    }

    /// <summary>One series of /metrics; null when it is absent.</summary>
    public async Task<double?> MetricAsync(string series)
    {
        var line = (await GetAsync("/metrics")).Split('\n').FirstOrDefault(l => l.StartsWith(series + " ", StringComparison.Ordinal));
        return line is null ? null : double.Parse(line[(series.Length + 1)..]);
    }

    public Task<double?> WaitForMetricAsync(string series, double value) =>
        Eventually.ObserveAsync(() => MetricAsync(series), v => v == value, $"{series} {value}");

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync().DefaultTimeout();
        _http.Dispose();
        Assert.Equal(0, Host.OpenTunnels);
        Assert.Equal(0, Host.OpenConnections);
        Assert.Equal(0, Host.PendingDials);
        _log.Dispose();
    }
}
