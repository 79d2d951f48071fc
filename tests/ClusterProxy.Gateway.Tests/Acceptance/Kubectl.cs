namespace ClusterProxy.Gateway.Tests.Acceptance;

/// <summary>kubectl with a kubeconfig and a home of its own.</summary>
internal sealed class Kubectl : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public Kubectl(string server, string authorityFile, string token)
    {
        Skip.IfNot(OutsideProgram.IsInstalled("kubectl"), "kubectl is not installed");
        File.WriteAllText(_directory.File("config"), $"""
            apiVersion: v1
            kind: Config
            current-context: gateway
            clusters:
            - name: gateway
              cluster: {"{"} server: "{server}", certificate-authority: "{authorityFile}" {"}"}
            users:
            - name: user
              user: {"{"} token: "{token}" {"}"}
            contexts:
            - name: gateway
              context: {"{"} cluster: gateway, user: user {"}"}
            """);
    }

    public string PathOf(string name) => _directory.File(name);

    public ProgramProcess Start(params string[] arguments) => ProgramProcess.Start(
        "kubectl", arguments, [new("HOME", _directory.Path), new("KUBECONFIG", _directory.File("config"))]);

    /// <summary>Its standard output.</summary>
    public Task<string> RunAsync(params string[] arguments) => RunAsync(null, 0, arguments);

    /// <summary>Its standard error.</summary>
    public Task<string> FailAsync(params string[] arguments) => RunAsync(null, 1, arguments);

    public async Task<string> RunAsync(string? input, int exitCode, params string[] arguments)
    {
        await using var process = Start(arguments);
        if (input is not null)
        {
            await process.WriteLineAsync(input);
        }

        process.CloseInput();
        await process.ExpectExitAsync(exitCode);
        return string.Join('\n', process.Lines.Where(l => l.IsError == (exitCode != 0)).Select(static l => l.Text));
    }

    public void Dispose() => _directory.Dispose();
}
