namespace ClusterProxy.Gateway.Tests.Kit;

/// <summary>The built program in a process of its own, on ports of its own, and callers of it.</summary>
internal sealed class GatewayProgram : IAsyncDisposable
{
    private readonly TestCertificates _serving = new("serving CA");
    private readonly List<HttpClient> _clients = [];
    private readonly int _port = FreePorts.Shared.Next();

    private GatewayProgram(IEnumerable<string> flags)
    {
        var pair = _serving.Server();
        var healthPort = FreePorts.Shared.Next();
        Health = new Uri($"http://127.0.0.1:{healthPort}/");
        Process = ProgramProcess.StartBuilt(
            BuiltProgram.ClusterGateway,
            [
                $"--secure-port={_port}", "--bind-address=127.0.0.1", $"--health-port={healthPort}", "--health-bind-address=127.0.0.1",
                $"--tls-cert-file={pair.CertificateFile}", $"--tls-private-key-file={pair.KeyFile}", "--shutdown-delay=0s", .. flags,
            ]);
    }

    public ProgramProcess Process { get; }

    public Uri Health { get; }

    /// <summary>It is ready when this returns.</summary>
    public static async Task<GatewayProgram> StartAsync(params string[] flags)
    {
        var program = new GatewayProgram(flags);
        await program.Process.WaitForUrlAsync(new Uri(program.Health, "readyz"));
        return program;
    }

    /// <param name="certificate">What it proves; null for nothing.</param>
    /// <param name="token">Likewise.</param>
    public HttpClient Client(TestCertificate? certificate = null, string? token = null)
    {
        var client = new HttpClient(Wire.Handler(_serving.Authority.Certificate, certificate))
        {
            BaseAddress = new Uri($"https://localhost:{_port}"),
        };
        client.DefaultRequestHeaders.Authorization = token is null ? null : new("Bearer", token);
        _clients.Add(client);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(static c => c.Dispose());
        await Process.DisposeAsync();
        _serving.Dispose();
    }
}
