namespace ClusterProxy.Kubernetes.Tests.Outside;

/// <summary>kubectl with a kubeconfig and a home of its own.</summary>
internal sealed class KubectlRuns : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public KubectlRuns(FakeKubernetesApi api) => File.WriteAllText(_directory.File("config"), api.KubeConfigText());

    /// <summary>HOME holds its discovery cache.</summary>
    public KeyValuePair<string, string?>[] Environment => [new("HOME", _directory.Path), new("KUBECONFIG", _directory.File("config"))];

    public string[] Arguments(params string[] arguments) => ["--request-timeout=20s", .. arguments];

    public void Dispose() => _directory.Dispose();

    public async Task<string> RunAsync(params string[] arguments)
    {
        await using var process = ProgramProcess.Start("kubectl", Arguments(arguments), Environment);
        process.CloseInput();
        await process.ExpectExitAsync(0);
        return Text(process, isError: false);
    }

    public Task CreateAsync(string manifest) => FeedAsync(manifest, 0, "create", "-f", "-");

    public Task ApplyAsync(string manifest, string how) => FeedAsync(manifest, 0, "apply", how, "-f", "-");

    public Task FeedAsync(string input, params string[] arguments) => FeedAsync(input, 0, arguments);

    public Task<string> FailAsync(string manifest, params string[] arguments) => FeedAsync(manifest, 1, arguments);

    private async Task<string> FeedAsync(string input, int exitCode, params string[] arguments)
    {
        await using var process = ProgramProcess.Start("kubectl", Arguments(arguments), Environment);
        await process.WriteLineAsync(input);
        process.CloseInput();
        await process.ExpectExitAsync(exitCode);
        return Text(process, isError: true);
    }

    private static string Text(ProgramProcess process, bool isError) =>
        string.Join('\n', process.Lines.Where(l => l.IsError == isError).Select(static l => l.Text));
}
