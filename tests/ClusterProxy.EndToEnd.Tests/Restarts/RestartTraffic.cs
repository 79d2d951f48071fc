using System.Collections.Concurrent;
using System.Globalization;
using ClusterProxy.Client;

namespace ClusterProxy.EndToEnd.Tests.Restarts;

/// <summary>
/// Requests that go on all the time, each over a connection of its own, by a few workers of each kind of frontend. Whatever fails is
/// kept.
/// </summary>
internal sealed class RestartTraffic : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _workers = [];
    private readonly List<(string Kind, HttpClient Http)> _clients = [];
    private readonly ConcurrentDictionary<string, long> _served = new(StringComparer.Ordinal);
    private readonly TimeSpan _pause;

    /// <param name="fleet">What is asked.</param>
    /// <param name="workers">Of each kind.</param>
    /// <param name="rate">Requests a second of all together at most; 0 for as many as come.</param>
    public RestartTraffic(RestartFleet fleet, int workers, double rate)
    {
        _clients.Add(("grpc", Http(fleet.Client(TunnelTransport.Grpc, lanes: 0))));
        _clients.Add(("connect", Http(fleet.Client(TunnelTransport.HttpConnect, lanes: 0))));
        _clients.Add(("sdk", Http(fleet.Client(TunnelTransport.Grpc, lanes: 2))));
        _pause = rate > 0 ? TimeSpan.FromSeconds(_clients.Count * workers / rate) : TimeSpan.Zero;
        Workers = workers;
    }

    public ConcurrentQueue<string> Failures { get; } = new();

    public long Served => _served.Values.Sum();

    private int Workers { get; }

    public void Start(HttpTarget target)
    {
        foreach (var (kind, http) in _clients)
        {
            for (var i = 0; i < Workers; i++)
            {
                _workers.Add(RunAsync(kind, http, target));
            }
        }
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_workers).DefaultTimeout();
    }

    public override string ToString() =>
        string.Join(", ", _served.OrderBy(static s => s.Key, StringComparer.Ordinal).Select(static s => $"{s.Value} by {s.Key}"));

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _clients.ForEach(static c => c.Http.Dispose());
        _stop.Dispose();
    }

    private static HttpClient Http(TunnelClient client)
    {
        var http = new HttpClient(new TunnelHttpHandler(client)) { Timeout = TaskTimeouts.Default };
        http.DefaultRequestHeaders.ConnectionClose = true;
        return http;
    }

    private async Task RunAsync(string kind, HttpClient http, HttpTarget target)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var next = TimeProvider.System.GetTimestamp();
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var answer = await http.GetStringAsync(target.Url);
                if (answer != target.Body)
                {
                    Failures.Enqueue($"{kind}: {answer.Length} bytes that are not the target's");
                }

                _served.AddOrUpdate(kind, 1, static (_, before) => before + 1);
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
            {
                Failures.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:HH:mm:ss.fff} {kind}: {e.Message} <- {e.InnerException?.Message}"));
            }

            if (_pause > TimeSpan.Zero)
            {
                next += (long)(_pause.TotalSeconds * TimeProvider.System.TimestampFrequency);
                var left = TimeProvider.System.GetElapsedTime(TimeProvider.System.GetTimestamp(), next);
                await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero);
            }
        }
    }
}
