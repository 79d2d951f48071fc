using System.Net;

namespace ClusterProxy.Cli.Demo.Topology;

/// <summary>Asks programs' health ports.</summary>
internal sealed class HealthPort(TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(25);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(2) })
    {
        Timeout = TimeSpan.FromSeconds(5),
    };

    /// <summary>Polls until the program answers <c>/healthz</c>; false when it ends first.</summary>
    public async Task<bool> ServesAsync(DemoProgram program, CancellationToken cancellationToken)
    {
        while (!program.HasExited)
        {
            if (await GetAsync(program, "/healthz", cancellationToken) == "ok")
            {
                return true;
            }

            await Task.Delay(Period, time, cancellationToken);
        }

        return false;
    }

    /// <summary>Polls <paramref name="faults"/> until it finds none or <paramref name="patience"/> ends; returns the last one.</summary>
    public async Task<string?> SettlesAsync(
        Func<CancellationToken, Task<string?>> faults, TimeSpan patience, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            var fault = await faults(cancellationToken);
            if (fault is null || time.GetElapsedTime(start) > patience)
            {
                return fault;
            }

            await Task.Delay(Period, time, cancellationToken);
        }
    }

    /// <summary>What is wrong with <c>/readyz</c>; null for nothing.</summary>
    public async Task<string?> ReadinessFaultAsync(DemoProgram program, CancellationToken cancellationToken)
    {
        var answer = await GetAsync(program, "/readyz", cancellationToken);
        return answer == "ok" ? null : $"{program.Name} /readyz: {answer}";
    }

    /// <summary>The value of a sample line of <c>/metrics</c>, written as <c>name{label="value"}</c>.</summary>
    public async Task<string> MetricAsync(DemoProgram program, string sample, CancellationToken cancellationToken)
    {
        var page = await GetAsync(program, "/metrics", cancellationToken);
        var line = page.Split('\n').FirstOrDefault(l => l.StartsWith($"{sample} ", StringComparison.Ordinal));
        return line?[(sample.Length + 1)..].Trim() ?? "absent";
    }

    public void Dispose() => _http.Dispose();

    private async Task<string> GetAsync(DemoProgram program, string path, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _http.GetAsync(new Uri($"http://127.0.0.1:{program.Ports[0]}{path}"), cancellationToken);
            var body = (await answer.Content.ReadAsStringAsync(cancellationToken)).TrimEnd();
            return answer.StatusCode == HttpStatusCode.OK ? body : $"HTTP {(int)answer.StatusCode} {body}";
        }
        catch (HttpRequestException e)
        {
            return e.Message;
        }
        catch (TaskCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            return e.Message;
        }
    }
}
