using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Text;
using ClusterProxy.Client;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Protocol.Tls;

namespace ClusterProxy.Cli.Health;

/// <summary>Asks targets for their health through the tunnel, step by step, and takes the time of each.</summary>
internal sealed class HealthProbe(TunnelClient client, HealthProbeOptions options, TimeProvider time)
{
    private const string Dial = "dial";
    private const string Tls = "tls";
    private const string Request = "request";

    // Enough to be quick with a fleet, few enough that the steps are not slowed by each other.
    private const int AtATime = 16;

    public async Task<IReadOnlyList<HealthReport>> ProbeAsync(IReadOnlyList<TunnelTarget> targets, CancellationToken cancellationToken)
    {
        var reports = new HealthReport[targets.Count];
        await Parallel.ForAsync(
            0, targets.Count, new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancellationToken },
            async (i, token) => reports[i] = await ProbeAsync(targets[i], token));
        return reports;
    }

    private async Task<HealthReport> ProbeAsync(TunnelTarget target, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var report = new HealthReport(target.ToString(), Healthy: false);
        var step = Dial;
        ClientTlsHandshake? handshake = null;
        try
        {
            var started = time.GetTimestamp();
            await using var tunnel = await client.ConnectAsync(target, either.Token);
            report = report with { DialMilliseconds = Since(started) };
            Stream stream = tunnel;
            if (!options.Plaintext)
            {
                step = Tls;
                handshake = BeginHandshake(target.Host);
                started = time.GetTimestamp();
                var tls = new SslStream(tunnel, leaveInnerStreamOpen: true);
                stream = tls;
                await tls.AuthenticateAsClientAsync(handshake.Options, either.Token);
                report = report with { TlsMilliseconds = Since(started) };
            }

            step = Request;
            started = time.GetTimestamp();
            var (status, body) = await GetAsync(stream, target, either.Token);
            report = report with { RequestMilliseconds = Since(started), StatusCode = (int)status };
            return status == HttpStatusCode.OK
                ? report with { Healthy = true }
                : report with
                {
                    FailedStep = Request,
                    Error = $"GET {options.Path} answered {(int)status}: {body}",
                    Remedy = HealthRemedies.OfStatus(status, options.Path),
                };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return report with
            {
                FailedStep = step,
                Error = $"no answer within {options.Timeout.TotalSeconds:0.###} s",
                Remedy = HealthRemedies.OfSilence(target, isDialled: step != Dial),
            };
        }
        catch (TunnelConnectException e)
        {
            return report with { FailedStep = step, Error = Text(e), Remedy = HealthRemedies.OfDial(target, e) };
        }
        catch (Exception e) when (e is IOException or AuthenticationException or HttpRequestException)
        {
            return step == Tls && handshake?.Server is { IsAccepted: false } refused
                ? report with { FailedStep = step, Error = Refusal(refused), Remedy = HealthRemedies.OfCertificate(refused.Verdict) }
                : step == Tls
                ? report with { FailedStep = step, Error = TlsFaultText.Of(e), Remedy = HealthRemedies.OfHandshake(e) }
                : report with { FailedStep = step, Error = Text(e), Remedy = HealthRemedies.OfRequest };
        }
    }

    [SuppressMessage("Security", "CA5359", Justification = "Only with --insecure-skip-target-tls-verify, which says so.")]
    private ClientTlsHandshake BeginHandshake(string host)
    {
        var tls = new ClientTls(
            new ClientTlsOptions
            {
                ServerCa = options.Authorities is { } authorities ? () => authorities : null,
                ExtraApplicationProtocols = [SslApplicationProtocol.Http11.ToString()],
                OfferHttp2 = false,
            },
            time);
        var handshake = tls.Begin(host);
        if (options.SkipVerification)
        {
            handshake.Options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        }

        return handshake;
    }

    private async Task<(HttpStatusCode Status, string Body)> GetAsync(Stream stream, TunnelTarget target, CancellationToken cancellationToken)
    {
        using var http = new HttpClient(new SocketsHttpHandler
        {
            // The connection is there; the handler only speaks HTTP on it.
            ConnectCallback = (_, _) => ValueTask.FromResult(stream),
            UseProxy = false,
            AllowAutoRedirect = false,
            MaxResponseHeadersLength = 64,
        });
        http.Timeout = Timeout.InfiniteTimeSpan;
        http.MaxResponseContentBufferSize = 1024 * 1024;
        var scheme = options.Plaintext ? Uri.UriSchemeHttp : Uri.UriSchemeHttps;
        using var response = await http.GetAsync(new Uri($"{scheme}://{target}{options.Path}"), cancellationToken);
        var body = Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(cancellationToken));
        return (response.StatusCode, body.Length > 200 ? $"{body[..200]}…" : body);
    }

    private static string Refusal(PeerCertificateResult certificate) =>
        $"the target's certificate is not accepted: {certificate.Detail} (names: {certificate.Names})";

    private static string Text(Exception e) => e is HttpRequestException { InnerException: { } inner } ? inner.Message : e.Message;

    private double Since(long started) => Math.Round(time.GetElapsedTime(started).TotalMilliseconds, 3);
}
