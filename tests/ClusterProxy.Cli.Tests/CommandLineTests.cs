using System.CommandLine;
using ClusterProxy.Cli.Completion;
using ClusterProxy.Cli.Connecting;
using ClusterProxy.Cli.Doctor;
using ClusterProxy.Cli.Health;

namespace ClusterProxy.Cli.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("no proxy server: give --server, or set CLUSTERPROXY_SERVER", "health", "alpha")]
    [InlineData("no proxy server", "connect", "alpha")]
    [InlineData("\"a:b:c\" is no target; write a cluster's name, host:port or [::1]:port", "health", "a:b:c", "--server", "unix:///x")]
    [InlineData("\"alpha:99999\" is no target", "connect", "alpha:99999", "--server", "unix:///x")]
    [InlineData("--transport=quic: write grpc or http-connect", "health", "alpha", "--server", "unix:///x", "--transport", "quic")]
    [InlineData("--cert and --key belong together", "health", "alpha", "--server", "unix:///x", "--cert", "c.crt")]
    [InlineData("--listen=70000: write a port or address:port", "connect", "alpha", "--server", "unix:///x", "--listen", "70000")]
    [InlineData("--listen=localhost:1: write a port or address:port", "connect", "alpha", "--server", "unix:///x", "--listen", "localhost:1")]
    [InlineData("--silence: write seconds", "connect", "alpha", "--server", "unix:///x", "--silence", "0")]
    [InlineData("--timeout: write seconds", "health", "alpha", "--server", "unix:///x", "--timeout", "-1")]
    [InlineData("--path: write a path that starts with /", "health", "alpha", "--server", "unix:///x", "--path", "healthz")]
    [InlineData("'xml'", "health", "alpha", "--server", "unix:///x", "-o", "xml")]
    [InlineData("'tcsh'", "completion", "tcsh")]
    [InlineData("no target: write clusters", "health", "--server", "unix:///x")]
    [InlineData("\"--verbose\" is no target", "health", "alpha", "--verbose", "--server", "unix:///x")]
    [InlineData("scheme \"ftp\"", "health", "alpha", "--server", "ftp://hub")]
    [InlineData("--server=hub: no address", "health", "alpha", "--server", "hub")]
    [InlineData("unencrypted", "health", "alpha", "--server", "http://hub:8090")]
    public async Task Parse_WrongCommandLine_ExitsWith2AndSaysWhatToWrite(string text, params string[] args)
    {
        var run = await RunAsync(args);

        Assert.Contains(text, run.Errors, StringComparison.Ordinal);
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
    }

    [Theory]
    [InlineData("--ca=/no/such.crt: no such file", "health", "alpha", "--server", "https://h:1", "--ca", "/no/such.crt")]
    [InlineData("--cert=/no/such.crt: no such file", "connect", "a:1", "--server", "https://h:1", "--cert", "/no/such.crt", "--key", "/no/such.key")]
    [InlineData("--target-ca=/no/such.crt: no such file", "health", "alpha", "--server", "unix:///x", "--target-ca", "/no/such.crt")]
    [InlineData("cannot connect to the proxy server at unix:///no/such.sock: there is no such socket", "connect", "a:1", "--server", "/no/such.sock")]
    public async Task Run_SomethingIsMissing_ExitsWith1AndSaysWhat(string text, params string[] args)
    {
        var run = await RunAsync(args);

        Assert.Contains(text, run.Errors, StringComparison.Ordinal);
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
    }

    [Theory]
    [InlineData("health")]
    [InlineData("connect")]
    [InlineData("completion")]
    [InlineData("doctor")]
    public async Task Help_EveryCommand_HasExamplesAndTheListIsShort(string command)
    {
        var own = await RunAsync(command, "--help");
        var list = await RunAsync("--help");

        Assert.Equal(0, own.ExitCode);
        Assert.Contains("Examples:", own.Output, StringComparison.Ordinal);
        Assert.Contains(command, list.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Examples:", list.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("alpha", "alpha:443")]
    [InlineData("alpha:8443", "alpha:8443")]
    [InlineData("[::1]:443", "[::1]:443")]
    [InlineData("10.0.0.1", "10.0.0.1:443")]
    public void Target_BareName_MeansTheApiPort(string text, string expected)
    {
        Assert.True(ClusterTarget.TryParse(text, out var target));
        Assert.Equal(expected, target.ToString());
    }

    private static async Task<CommandRun> RunAsync(params string[] args)
    {
        var root = new RootCommand
        {
            CompletionCommand.Create(),
            ConnectCommand.Create(TimeProvider.System, static _ => null, static () => (Stream.Null, Stream.Null)),
            DoctorCommand.Create(TimeProvider.System, static _ => null),
            HealthCommand.Create(TimeProvider.System, static _ => null),
        };
        ShortListHelp.Use(root);
        await using var output = new StringWriter();
        await using var errors = new StringWriter();
        var configuration = new InvocationConfiguration { Output = output, Error = errors };
        var exitCode = await ExitCodes.RunAsync(root.Parse(args), configuration).DefaultTimeout();
        return new CommandRun(exitCode, output.ToString(), errors.ToString());
    }
}
