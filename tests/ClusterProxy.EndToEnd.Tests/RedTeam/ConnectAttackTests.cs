using System.Text;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.RedTeam;

/// <summary>CONNECT heads that mean two things, or none.</summary>
public sealed class ConnectAttackTests(ITestOutputHelper output) : RedTeamTest(output)
{
    [Theory]
    [InlineData("line break", "CONNECT alpha:443\rX: HTTP/1.1\r\n\r\n", 400)]
    [InlineData("second target", "CONNECT alpha:443 beta:443 HTTP/1.1\r\n\r\n", 400)]
    [InlineData("absolute form", "CONNECT http://alpha:443/ HTTP/1.1\r\n\r\n", 400)]
    [InlineData("user in the host", "CONNECT alpha@beta:443 HTTP/1.1\r\n\r\n", 400)]
    [InlineData("escaped host", "CONNECT alpha%00.beta:443 HTTP/1.1\r\n\r\n", 400)]
    [InlineData("zero byte", "CONNECT alpha\0.beta:443 HTTP/1.1\r\n\r\n", 400)]
    [InlineData("zone", "CONNECT [fe80::1%25eth0]:443 HTTP/1.1\r\n\r\n", 400)]
    [InlineData("port 0", "CONNECT alpha:0 HTTP/1.1\r\n\r\n", 400)]
    [InlineData("port overflow", "CONNECT alpha:65979 HTTP/1.1\r\n\r\n", 400)]
    [InlineData("port of many digits", "CONNECT alpha:00000000443 HTTP/1.1\r\n\r\n", 400)]
    [InlineData("port with a sign", "CONNECT alpha:+443 HTTP/1.1\r\n\r\n", 400)]
    [InlineData("other version", "CONNECT alpha:443 HTTP/2.0\r\n\r\n", 400)]
    [InlineData("other method", "GET http://169.254.169.254/latest HTTP/1.1\r\nHost: alpha:443\r\n\r\n", 405)]
    [InlineData("method in other case", "connect alpha:443 HTTP/1.1\r\n\r\n", 405)]
    public Task Head_ThatIsMalformed_IsRefused_Logged_AndAudited(string what, string head, int status) => AttackAsync(async fixture =>
    {
        await using var stream = await fixture.OpenFrontendAsync(FrontendKind.ConnectTls);
        await stream.WriteAsync(Encoding.Latin1.GetBytes(head)).DefaultTimeout();

        Assert.StartsWith($"HTTP/1.1 {status} ", await ReadToEndAsync(stream), StringComparison.Ordinal);
        Output.WriteLine(what);
        Assert.Equal(status, (await fixture.Log.Log.WaitForAsync("ConnectRefused").DefaultTimeout()).Values["Status"]);
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.RequestsRefused, 1, ("protocol", "http-connect"), ("status", $"{status}"));
        var line = await Audit.WaitForAsync(("event", "request"), ("result", $"{status}"));
        Assert.Equal("""["cn:client"]""", line.GetProperty("subject").GetRawText());
    });

    [Fact]
    public Task SecondRequest_BehindARefusedOne_IsNotServed() => AttackAsync(async fixture =>
    {
        var echo = Own(new EchoTarget());
        var port = Own(new RefusingPort());
        await using var stream = await fixture.OpenFrontendAsync(FrontendKind.ConnectTls);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"CONNECT {port.Address} HTTP/1.1\r\nContent-Length: 0\r\n\r\nCONNECT {echo.Address} HTTP/1.1\r\n\r\n")).DefaultTimeout();

        var answer = await ReadToEndAsync(stream);

        Assert.StartsWith("HTTP/1.1 502 ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("200", answer.Split('\n')[1..].Where(static l => l.StartsWith("HTTP/", StringComparison.Ordinal)));
        Assert.Equal(0, echo.Accepted.Value);
        await Audit.WaitForAsync(("event", "dial"), ("target", port.Address), ("result", "error_response"));
        Assert.DoesNotContain(Audit.Lines, l => AuditFile.Text(l, "frontend") == "http-connect" && AuditFile.Text(l, "target") == echo.Address);
    });

    [Theory]
    [InlineData("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n")]
    [InlineData("Host: 169.254.169.254:80\r\n")]
    public Task Framing_OfARequestBody_MeansNothing_AndIsNotSentOn(string headers) => AttackAsync(async fixture =>
    {
        const string Bytes = "0\r\n\r\nGET / HTTP/1.1\r\n\r\n";
        var echo = Own(new EchoTarget());
        await using var stream = await fixture.OpenFrontendAsync(FrontendKind.ConnectTls);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"CONNECT {echo.Address} HTTP/1.1\r\n{headers}\r\n{Bytes}")).DefaultTimeout();

        var answer = new byte["HTTP/1.1 200 Connection Established\r\n\r\n".Length + Bytes.Length];
        await stream.ReadExactlyAsync(answer).DefaultTimeout();

        Assert.Equal($"HTTP/1.1 200 Connection Established\r\n\r\n{Bytes}", Encoding.ASCII.GetString(answer));
        Assert.Equal(Bytes.Length, echo.BytesReceived.Value);
        await Audit.WaitForAsync(("event", "dial"), ("frontend", "http-connect"), ("target", echo.Address), ("result", "connected"));
    });

    [Theory]
    [InlineData("traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n")]
    [InlineData("traceparent: \",\"event\":\"forged\r\n")]
    [InlineData("traceparent: 00-4bf92f3577b34da6a3ce929d0e0e473\u001b-00f067aa0ba902b7-01\r\n")]
    public Task Trace_ThatIsForged_IsNotTaken(string header) => AttackAsync(async fixture =>
    {
        var echo = Own(new EchoTarget());
        await using var stream = await fixture.OpenFrontendAsync(FrontendKind.ConnectTls);
        await stream.WriteAsync(Encoding.Latin1.GetBytes($"CONNECT {echo.Address} HTTP/1.1\r\n{header}\r\n")).DefaultTimeout();

        var line = await Audit.WaitForAsync(("event", "dial"), ("frontend", "http-connect"), ("target", echo.Address));

        Assert.Matches("^[0-9a-f]{32}$", AuditFile.Text(line, "trace"));
        Assert.NotEqual("4bf92f3577b34da6a3ce929d0e0e4736", AuditFile.Text(line, "trace"));
    });

    private static async Task<string> ReadToEndAsync(Stream stream)
    {
        using var all = new MemoryStream();
        try
        {
            await stream.CopyToAsync(all).DefaultTimeout();
        }
        catch (IOException)
        {
            // Reset behind the answer: there was more to read than was wanted.
        }

        return Encoding.Latin1.GetString(all.ToArray());
    }
}
