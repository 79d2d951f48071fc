using System.Globalization;
using System.Text.Json.Nodes;

namespace ClusterProxy.Gateway.Tests.Acceptance;

/// <summary>kubectl, as it is found on PATH, with a kubeconfig and a home of its own.</summary>
internal sealed class Kubectl : IDisposable
{
    private static readonly Lazy<Task<int>> _minor = new(ReadMinorAsync);

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

    /// <summary>Added to the environment of what is started.</summary>
    public Dictionary<string, string?> Environment { get; } = [];

    /// <summary>Skips the test where kubectl is older than 1.MINOR.</summary>
    /// <param name="minor">The first version that can do it.</param>
    /// <param name="what">What older ones cannot do.</param>
    public static async Task SkipBeforeAsync(int minor, string what)
    {
        Skip.IfNot(OutsideProgram.IsInstalled("kubectl"), "kubectl is not installed");
        var found = await _minor.Value;
        Skip.If(found < minor, $"kubectl 1.{found} cannot {what}; 1.{minor} can");
    }

    public string PathOf(string name) => _directory.File(name);

    public ProgramProcess Start(params string[] arguments) => ProgramProcess.Start("kubectl", arguments, Variables());

    /// <summary>On a terminal of its own, which util-linux' script makes.</summary>
    /// <param name="commandLine">Behind <c>kubectl</c>, for a shell.</param>
    public ProgramProcess StartOnTerminal(string commandLine)
    {
        Skip.IfNot(OutsideProgram.IsInstalled("script"), "script (util-linux) is not installed");
        return ProgramProcess.Start("script", ["-qec", $"kubectl {commandLine}", "/dev/null"], Variables());
    }

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

    private KeyValuePair<string, string?>[] Variables() =>
        [new("HOME", _directory.Path), new("KUBECONFIG", _directory.File("config")), .. Environment];

    private static async Task<int> ReadMinorAsync()
    {
        await using var process = ProgramProcess.Start("kubectl", ["version", "--client", "-o", "json"]);
        await process.ExpectExitAsync(0);
        var version = JsonNode.Parse(string.Concat(process.Lines.Where(static l => !l.IsError).Select(static l => l.Text)))!;
        return int.Parse(((string)version["clientVersion"]!["minor"]!).TrimEnd('+'), CultureInfo.InvariantCulture);
    }
}
