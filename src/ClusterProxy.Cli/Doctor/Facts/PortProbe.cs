using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Agent.Servers;
using ClusterProxy.Cli.Doctor.Report;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Cli.Doctor.Facts;

/// <summary>
/// Goes to a port step by step: name, TCP (through the proxy of the environment, as agents do), TLS, and a request that asks for
/// nothing. A server that is not who it should be is not asked anything.
/// </summary>
/// <param name="timeout">Of each step.</param>
/// <param name="time">The clock.</param>
internal sealed class PortProbe(TimeSpan timeout, TimeProvider time)
{
    public async Task<PortFacts> ProbeAsync(PortTarget target, CancellationToken cancellationToken)
    {
        var facts = new PortFacts(target);
        try
        {
            facts = await ResolveAsync(facts, cancellationToken);
            if (facts.AddressFault is not null)
            {
                return facts;
            }

            var (socket, connected) = await ConnectAsync(facts, cancellationToken);
            facts = connected;
            if (socket is null)
            {
                return facts;
            }

            await using var stream = new NetworkStream(socket, ownsSocket: true);
            return target.Tls ? await SecureAsync(facts, stream, cancellationToken) : await AskAsync(facts, stream, cancellationToken);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return facts with { SpeechFault = Silent(target) };
        }
    }

    private async Task<PortFacts> ResolveAsync(PortFacts facts, CancellationToken cancellationToken)
    {
        if (facts.Target.EndPoint is not DnsEndPoint { Host: var host } || facts.Target.IsThroughProxy)
        {
            return facts with { Addresses = facts.Target.EndPoint.ToString()! };
        }

        using var deadline = Deadline(cancellationToken);
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(host, deadline.Token);
            return facts with { Addresses = string.Join(", ", addresses.Select(static a => a.ToString())) };
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData or SocketError.NoRecovery)
        {
            return facts with { AddressFault = new Fault("no_such_host", $"lookup {host}: no such host", $"check the spelling of {host}, and that this machine's DNS knows it (getent hosts {host})") };
        }
        catch (Exception e) when (e is SocketException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return facts with { AddressFault = new Fault("lookup_failed", $"lookup {host}: the name servers did not answer", "check /etc/resolv.conf and the way to the name servers") };
        }
    }

    private async Task<(Socket? Socket, PortFacts Facts)> ConnectAsync(PortFacts facts, CancellationToken cancellationToken)
    {
        var target = facts.Target;
        var where = target.IsThroughProxy ? new DnsEndPoint(target.Proxy.Host, target.Proxy.Port) : target.EndPoint;
        var socket = where is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var deadline = Deadline(cancellationToken);
        var started = time.GetTimestamp();
        try
        {
            await socket.ConnectAsync(where, deadline.Token);
            if (target.IsThroughProxy)
            {
                await using var stream = new NetworkStream(socket, ownsSocket: false);
                await HttpConnect.EstablishAsync(stream, $"{target.Host}:{target.Port}", target.Proxy.Authorization, deadline.Token);
            }

            var remote = target.IsThroughProxy ? $"{target.Text} through the proxy {target.Proxy}" : Readable(socket.RemoteEndPoint);
            return (socket, facts with { Remote = remote, ConnectTime = time.GetElapsedTime(started) });
        }
        catch (Exception e) when (e is SocketException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            socket.Dispose();
            return (null, facts with { ConnectFault = ConnectFaults.Of(target, e, timeout) });
        }
    }

    private async Task<PortFacts> SecureAsync(PortFacts facts, NetworkStream stream, CancellationToken cancellationToken)
    {
        var target = facts.Target;
        var handshake = new ClientTls(
            new ClientTlsOptions
            {
                ServerCa = target.Authorities is { } authorities ? () => authorities : null,
                KeyPair = target.Pair is { } pair ? () => pair : null,
                ExtraApplicationProtocols = target.OnlyHttp11 ? [SslApplicationProtocol.Http11.ToString()] : [SslApplicationProtocol.Http2.ToString(), SslApplicationProtocol.Http11.ToString()],
                OfferHttp2 = !target.OnlyHttp11,
            },
            time).Begin(target.Name);
        var judge = handshake.Options.RemoteCertificateValidationCallback!;
        IReadOnlyList<X509Certificate2> presented = [];
        handshake.Options.RemoteCertificateValidationCallback = (sender, certificate, chain, errors) =>
        {
            presented = Copy(certificate, chain);
            return judge(sender, certificate, chain, errors);
        };
        using var deadline = Deadline(cancellationToken);
        await using var tls = new SslStream(stream);
        try
        {
            await tls.AuthenticateAsClientAsync(handshake.Options, deadline.Token);
        }
        catch (Exception e) when (e is AuthenticationException or IOException or SocketException)
        {
            facts = facts with { Presented = presented, Verdict = handshake.Server };
            return handshake.Server switch
            {
                { IsAccepted: false } => facts,
                { IsAccepted: true } => facts with { LoginFault = LoginFaults.Of(target, e) },
                _ => facts with { SpeechFault = await new PortSpeech(timeout, time).ExplainAsync(target, e, cancellationToken) },
            };
        }

        facts = facts with { Presented = presented, Verdict = handshake.Server };
        return await AskAsync(facts, tls, cancellationToken);
    }

    private async Task<PortFacts> AskAsync(PortFacts facts, Stream stream, CancellationToken cancellationToken)
    {
        using var deadline = Deadline(cancellationToken);
        try
        {
            return facts with { Answer = await new PortRequest(time).SendAsync(facts.Target, stream, deadline.Token) };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return facts with { SpeechFault = Silent(facts.Target) };
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.HttpProtocolError)
        {
            return facts with { SpeechFault = PortSpeech.OtherProgram(facts.Target, e) };
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return facts.Target.Tls
                ? facts with { LoginFault = LoginFaults.Of(facts.Target, e) }
                : facts with { SpeechFault = await new PortSpeech(timeout, time).ExplainAsync(facts.Target, e, cancellationToken) };
        }
    }

    private StepDeadline Deadline(CancellationToken cancellationToken) => new(timeout, time, cancellationToken);

    private Fault Silent(PortTarget target) => new(
        "silent", $"{target.Text} takes connections and says nothing within {timeout.TotalSeconds:0.#} s",
        "check that the port is the proxy-server's, that the process is not stuck, and what a load balancer in front of it does");

    /// <summary>A socket for both families spells IPv4 addresses as IPv6 ones.</summary>
    private static string Readable(EndPoint? remote) =>
        (remote is IPEndPoint { Address.IsIPv4MappedToIPv6: true } mapped ? new IPEndPoint(mapped.Address.MapToIPv4(), mapped.Port) : remote)?.ToString() ?? "";

    /// <summary>What the platform hands to the callback is disposed after it.</summary>
    private static List<X509Certificate2> Copy(X509Certificate? leaf, X509Chain? chain) =>
    [
        .. new[] { leaf as X509Certificate2 }.Concat(chain?.ChainPolicy.ExtraStore ?? [])
            .OfType<X509Certificate2>()
            .DistinctBy(static c => c.Thumbprint)
            .Select(static c => X509CertificateLoader.LoadCertificate(c.RawData)),
    ];
}
