using System.Diagnostics;
using System.Net.Sockets;
using ClusterProxy.Testing.Programs;

namespace ClusterProxy.LoadTests.Topologies;

/// <summary>Starts outside programs and waits for their ports.</summary>
internal static class ProgramStart
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    public static ProgramProcess Start(string program, IEnumerable<string> arguments, IEnumerable<string> environment) =>
        ProgramProcess.StartBuilt(
            program,
            arguments,
            environment.Select(text => text.Split('=', 2)).Select(pair => KeyValuePair.Create<string, string?>(pair[0], pair[1])));

    public static async Task WaitForPortAsync(int port, ProgramProcess program, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            if (program.HasExited || Stopwatch.GetElapsedTime(started) > Deadline)
            {
                throw new InvalidOperationException($"nothing listens on port {port}: {program.Describe()}");
            }

            try
            {
                await using var stream = await Loopback.ConnectAsync(port, cancellationToken);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
            }
        }
    }

    /// <summary>Polls a readiness URL: a running program may well answer with an error for a while.</summary>
    public static Task WaitForReadyAsync(int port, ProgramProcess program, CancellationToken cancellationToken) =>
        WaitForReadyAsync(port, program, Deadline, cancellationToken);

    /// <inheritdoc cref="WaitForReadyAsync(int, ProgramProcess, CancellationToken)"/>
    public static async Task WaitForReadyAsync(int port, ProgramProcess program, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var http = new HttpClient();
        var url = new Uri($"http://127.0.0.1:{port}/readyz");
        var started = Stopwatch.GetTimestamp();
        while (!await IsReadyAsync(http, url, cancellationToken))
        {
            if (program.HasExited || Stopwatch.GetElapsedTime(started) > limit)
            {
                throw new InvalidOperationException($"{url} does not report ready: {program.Describe()}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
        }
    }

    private static async Task<bool> IsReadyAsync(HttpClient http, Uri url, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await http.GetAsync(url, cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
