using System.Net;
using System.Net.Sockets;
using System.Text;
using ClusterProxy.Cli.Doctor.Report;

namespace ClusterProxy.Cli.Doctor.Facts;

/// <summary>Asks a health port for readiness and metrics.</summary>
/// <param name="timeout">Of each request.</param>
/// <param name="time">The clock.</param>
internal sealed class PageReader(TimeSpan timeout, TimeProvider time)
{
    private const int MaxPage = 16 * 1024 * 1024;

    public async Task<PageFacts> ReadAsync(Uri url, CancellationToken cancellationToken)
    {
        var page = new PageFacts(url);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false });
        http.Timeout = Timeout.InfiniteTimeSpan;
        http.MaxResponseContentBufferSize = MaxPage;
        try
        {
            var (ready, readiness, clock) = await GetAsync(http, new Uri(url, "/readyz?verbose"), cancellationToken);
            var (status, metrics, _) = await GetAsync(http, new Uri(url, "/metrics"), cancellationToken);
            page = page with { IsReady = ready == HttpStatusCode.OK, Readiness = readiness.Trim(), Clock = clock, Samples = MetricsText.Parse(metrics) };
            return page.Kind != PageKind.Unknown ? page : page with
            {
                Fault = new Fault(
                    "other_program", $"{page.Text} is no health port of a proxy-server, agent or gateway: /metrics answered {(int)status} without their metrics",
                    "give the health port: by default 8092 of server and gateway, 8093 of the agent"),
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return page with { Fault = new Fault("timeout", $"{page.Text}: no answer within {timeout.TotalSeconds:0.#} s", $"check the way to {url.Authority}, and that the process is not stuck") };
        }
        catch (HttpRequestException e)
        {
            return page with { Fault = Explain(url, e) };
        }
    }

    private static Fault Explain(Uri url, HttpRequestException e) => (e.HttpRequestError, (e.InnerException as SocketException)?.SocketErrorCode) switch
    {
        (HttpRequestError.NameResolutionError, _) => new Fault(
            "no_such_host", $"lookup {url.Host}: no such host", $"check the spelling of {url.Host}"),
        (_, SocketError.ConnectionRefused) => new Fault(
            "connection_refused", $"connect to {url.Authority}: connection refused: nothing listens there",
            "check that the program runs, and its --health-port (agent: --health-server-port) and the address it is bound to"),
        (HttpRequestError.ConnectionError, _) => new Fault("unreachable", $"connect to {url.Authority}: {e.Message}", $"check the way to {url.Host}"),
        _ => new Fault(
            "no_http", $"{url.Authority} does not answer plain HTTP: {e.GetBaseException().Message}",
            "give the health port, which speaks plain HTTP: by default 8092 of server and gateway, 8093 of the agent"),
    };

    private async Task<(HttpStatusCode Status, string Body, ClockReading? Clock)> GetAsync(HttpClient http, Uri url, CancellationToken cancellationToken)
    {
        using var deadline = new StepDeadline(timeout, time, cancellationToken);
        var asked = time.GetUtcNow();
        var started = time.GetTimestamp();
        using var response = await http.GetAsync(url, deadline.Token);
        return (
            response.StatusCode, Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(deadline.Token)),
            ClockReading.Of(response.Headers.Date, asked, time.GetElapsedTime(started)));
    }
}
