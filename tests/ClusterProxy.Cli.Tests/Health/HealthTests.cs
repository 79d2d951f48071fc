using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using ClusterProxy.Cli.Tests.Doctor;
using ClusterProxy.Cli.Tests.Topology;

namespace ClusterProxy.Cli.Tests.Health;

public sealed class HealthTests(RunningProxy proxy) : IClassFixture<RunningProxy>, IDisposable
{
    private readonly TestCertificates _targets = new("targets");

    public void Dispose() => _targets.Dispose();

    [Theory]
    [InlineData("grpc")]
    [InlineData("http-connect")]
    public async Task Health_TargetAnswers_TakesTheTimeOfEachStep(string transport)
    {
        await using var target = await HttpTarget.StartAsync(_targets.Server().Certificate);

        var (exitCode, reports) = await JsonAsync(
            target.Address, "--target-ca", _targets.AuthorityFile, "--transport", transport);

        var report = Assert.Single(reports);
        Assert.Equal(0, exitCode);
        Assert.True(report.GetProperty("healthy").GetBoolean());
        Assert.Equal(target.Address, report.GetProperty("target").GetString());
        Assert.Equal(200, report.GetProperty("statusCode").GetInt32());
        Assert.All(
            ["dialMilliseconds", "tlsMilliseconds", "requestMilliseconds"],
            (string step) => Assert.True(report.GetProperty(step).GetDouble() > 0, step));
    }

    [Fact]
    public async Task Health_OneOfThreeFails_ExitsWith1AndKeepsTheOrder()
    {
        await using var target = await HttpTarget.StartAsync(_targets.Server().Certificate);
        using var refusing = new RefusingPort();

        var (exitCode, reports) = await JsonAsync(
            refusing.Address, target.Address, "no-such-host.invalid", "--target-ca", _targets.AuthorityFile);

        Assert.Equal(1, exitCode);
        Assert.Equal([refusing.Address, target.Address, "no-such-host.invalid:443"], reports.Select(r => r.GetProperty("target").GetString()));
        Assert.Equal([false, true, false], reports.Select(r => r.GetProperty("healthy").GetBoolean()));
        Assert.Equal("dial", reports[0].GetProperty("failedStep").GetString());
        Assert.Contains("connection refused", reports[0].GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Contains("no such host", reports[2].GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Contains(refusing.Address, Remedy(reports[0]), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, reports[1].GetProperty("remedy").ValueKind);
    }

    [Fact]
    public async Task Health_UnknownAuthority_SaysSoAndHowToGoOn()
    {
        await using var target = await HttpTarget.StartAsync(_targets.Server().Certificate);

        var (exitCode, reports) = await JsonAsync(target.Address);

        Assert.Equal((1, "tls"), (exitCode, reports[0].GetProperty("failedStep").GetString()));
        Assert.Contains("--target-ca", Remedy(reports[0]), StringComparison.Ordinal);
        Assert.True(reports[0].GetProperty("dialMilliseconds").GetDouble() > 0);
        Assert.Equal(0, (await JsonAsync(target.Address, "--insecure-skip-target-tls-verify")).ExitCode);
    }

    [Fact]
    public async Task Health_WrongName_NamesTheCertificatesNames()
    {
        await using var target = await HttpTarget.StartAsync(_targets.Server("alpha.example").Certificate);

        var (exitCode, reports) = await JsonAsync(target.Address, "--target-ca", _targets.AuthorityFile);

        Assert.Equal(1, exitCode);
        Assert.Contains("alpha.example", reports[0].GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_TargetStaysSilent_EndsByTimeout()
    {
        await using var sink = new SinkTarget();

        var (exitCode, reports) = await JsonAsync(sink.Address, "--timeout", "5");

        Assert.Equal((1, "tls"), (exitCode, reports[0].GetProperty("failedStep").GetString()));
        Assert.Contains("no answer within 5 s", reports[0].GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Contains("the tunnel works", Remedy(reports[0]), StringComparison.Ordinal);
    }

    /// <summary>Targets are other people's, and so is what they say of their text.</summary>
    [Fact]
    public async Task Health_AnswerInACharsetOfThePast_IsAnAnswer()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var answering = AnswerAsync();

        var (exitCode, reports) = await JsonAsync($"{listener.LocalEndpoint}", "--plaintext");
        await answering.DefaultTimeout();

        Assert.Equal((0, 200), (exitCode, reports[0].GetProperty("statusCode").GetInt32()));

        async Task AnswerAsync()
        {
            using var socket = await listener.AcceptSocketAsync();
            var head = new byte[4096];
            await socket.ReceiveAsync(head);
            await socket.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=windows-1252\r\nContent-Length: 2\r\n\r\nok"u8.ToArray());
            await socket.ReceiveAsync(head);
        }
    }

    [Fact]
    public async Task Health_PathThatIsNotThere_SaysThatTheTunnelWorks_AndWhatToGive()
    {
        await using var target = await HealthPageStub.StartAsync("");

        var (exitCode, reports) = await JsonAsync($"127.0.0.1:{target.Port}", "--plaintext", "--path", "/no-such-path");

        Assert.Equal((1, "request", 404), (exitCode, reports[0].GetProperty("failedStep").GetString(), reports[0].GetProperty("statusCode").GetInt32()));
        Assert.Contains("--path", Remedy(reports[0]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_TargetsAsClusteradmTakesThem_AreAsked_AndNoneIsAUsageError()
    {
        await using var target = await HttpTarget.StartAsync(_targets.Server().Certificate);
        using var refusing = new RefusingPort();

        var (exitCode, reports) = await JsonAsync("-c", $"{target.Address},{refusing.Address}", "--target-ca", _targets.AuthorityFile);

        Assert.Equal(1, exitCode);
        Assert.Equal([target.Address, refusing.Address], reports.Select(r => r.GetProperty("target").GetString()));
        await using var none = proxy.Cli("health");
        await none.ExpectExitAsync(2);
        Assert.Contains(none.Lines, static l => l.Text.Contains("clusterproxy health alpha beta", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Health_ServerThatIsNotThere_IsWhatTheRemedyIsAbout()
    {
        var (exitCode, reports) = await JsonAsync("alpha", "--server", "unix:///nowhere/proxy.sock");

        Assert.Equal(1, exitCode);
        Assert.Contains("there is no such socket", reports[0].GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Contains("clusterproxy doctor with the same --server", Remedy(reports[0]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_PortThatSpeaksNoTls_IsSaidToSpeakNone()
    {
        await using var plain = new ServerFirstTarget();

        var (_, reports) = await JsonAsync(plain.Address);

        Assert.Equal("what came back is no TLS", reports[0].GetProperty("error").GetString());
    }

    [Fact]
    public async Task Health_Plaintext_SkipsTls()
    {
        await using var target = await HttpTarget.StartAsync();

        var (exitCode, reports) = await JsonAsync(target.Address, "--plaintext", "--server", $"unix://{proxy.Socket}");

        Assert.Equal((0, JsonValueKind.Null), (exitCode, reports[0].GetProperty("tlsMilliseconds").ValueKind));
    }

    [Fact]
    public async Task Health_Table_HasALineForEachTarget()
    {
        await using var target = await HttpTarget.StartAsync(_targets.Server().Certificate);
        using var refusing = new RefusingPort();
        await using var cli = proxy.Cli("health", target.Address, refusing.Address, "--target-ca", _targets.AuthorityFile);

        await cli.ExpectExitAsync(1);

        var lines = cli.Lines.Select(l => l.ToString()!).ToArray();
        Assert.Contains(lines, l => l.Contains(target.Address, StringComparison.Ordinal) && l.Contains("| healthy", StringComparison.Ordinal) && l.Contains("| 200", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains("1 healthy, 1 unhealthy", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains($"{refusing.Address}: check", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains(refusing.Address, StringComparison.Ordinal) && l.Contains("| unhealthy", StringComparison.Ordinal) && l.Contains("connection refused", StringComparison.Ordinal));
    }

    private static string Remedy(JsonElement report) => report.GetProperty("remedy").GetString()!;

    private async Task<(int ExitCode, JsonElement[] Reports)> JsonAsync(params string[] arguments)
    {
        await using var cli = proxy.Cli(["health", "-o", "json", .. arguments]);
        var exitCode = await cli.WaitForExitAsync();
        using var json = JsonDocument.Parse(string.Join('\n', cli.Lines.Where(l => !l.IsError).Select(l => l.Text)));
        return (exitCode, [.. json.RootElement.EnumerateArray().Select(e => e.Clone())]);
    }
}
