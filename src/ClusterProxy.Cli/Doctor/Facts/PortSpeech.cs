using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using ClusterProxy.Cli.Doctor.Report;

namespace ClusterProxy.Cli.Doctor.Facts;

/// <summary>Finds out what a port speaks that did not understand: a plain request first, then the start of a TLS handshake.</summary>
internal sealed class PortSpeech(TimeSpan timeout, TimeProvider time)
{
    private const int TlsAlert = 0x15;

    public async Task<Fault> ExplainAsync(PortTarget target, Exception failure, CancellationToken cancellationToken)
    {
        var (first, answer) = await HearAsync(target, cancellationToken);
        if (answer.StartsWith("HTTP/1.", StringComparison.Ordinal))
        {
            return target.Tls ? PlainHttp(target, answer) : new Fault(
                "other_protocol", $"{target.Text} speaks HTTP/1.1 and not the proxy's protocol: it answered \"{Line(answer)}\"",
                "check that the port is the proxy-server's frontend, and --transport");
        }

        if (first == TlsAlert || await SpeaksTlsAsync(target, cancellationToken))
        {
            return target.Tls
                ? LoginFaults.OfProtocol(target, failure)
                    ?? new Fault("tls_failed", $"the TLS handshake with {target.Text} failed: {Last(failure)}", $"check --tls-min-version and the cipher suites of the {target.Program}")
                : new Fault("tls_expected", $"{target.Text} speaks TLS, and the address says http://", $"write https:// in place of http:// in {target.Text}");
        }

        return new Fault(
            target.Tls ? "no_tls" : "other_protocol",
            $"{target.Text} did not understand: {Last(failure)}",
            $"check that the port is the {target.Program}'s, and what a load balancer in front of it expects");
    }

    public static Fault OtherProgram(PortTarget target, Exception failure) => new(
        "other_program", $"{target.Text} speaks HTTP/2 and is no {target.Program}: it does not take the request ({Last(failure)})",
        $"check the port {target.Port}: {target.DefaultPorts}");

    private static Fault PlainHttp(PortTarget target, string answer) => answer.Contains("\nok", StringComparison.Ordinal)
        ? new Fault(
            "health_port", $"{target.Text} is a health port: it answers plain HTTP, and /healthz with ok",
            $"write the port of the plane: {target.DefaultPorts}, not {target.Port}")
        : new Fault(
            "plain_http", $"{target.Text} speaks plain HTTP where TLS was expected: it answered \"{Line(answer)}\"",
            $"check the port {target.Port}; the {target.Program}'s TCP ports always speak TLS");

    private async Task<(int First, string Text)> HearAsync(PortTarget target, CancellationToken cancellationToken)
    {
        using var deadline = Deadline(cancellationToken);
        try
        {
            using var socket = await OpenAsync(target, deadline.Token);
            await socket.SendAsync("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"u8.ToArray(), deadline.Token);
            var buffer = new byte[1024];
            var length = 0;
            while (length < buffer.Length && await socket.ReceiveAsync(buffer.AsMemory(length), deadline.Token) is > 0 and var read)
            {
                length += read;
            }

            return (length > 0 ? buffer[0] : -1, Encoding.Latin1.GetString(buffer, 0, length));
        }
        catch (Exception e) when (e is SocketException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return (-1, "");
        }
    }

    /// <summary>It does as soon as it sends a certificate; the handshake is given up then.</summary>
    private async Task<bool> SpeaksTlsAsync(PortTarget target, CancellationToken cancellationToken)
    {
        var sent = false;
        using var deadline = Deadline(cancellationToken);
        try
        {
            using var socket = await OpenAsync(target, deadline.Token);
            await using var tls = new SslStream(new NetworkStream(socket));
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = target.Name,
                    RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                    {
                        sent = certificate is not null;
                        return false;
                    },
                },
                deadline.Token);
        }
        catch (Exception e) when (e is AuthenticationException or SocketException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return sent;
        }

        return sent;
    }

    private static async Task<Socket> OpenAsync(PortTarget target, CancellationToken cancellationToken)
    {
        var socket = target.EndPoint is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(target.EndPoint, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private StepDeadline Deadline(CancellationToken cancellationToken) => new(timeout, time, cancellationToken);

    private static string Line(string answer) => answer.Split('\r', '\n')[0];

    private static string Last(Exception e) => e.GetBaseException().Message;
}
