using System.Diagnostics;
using ClusterProxy.Cli.Processes;

namespace ClusterProxy.Cli.Demo.Topology;

/// <summary>One child process and the end of its log.</summary>
internal sealed class DemoProgram : IAsyncDisposable
{
    private const int KeptLines = 500;

    private readonly Process _process;
    private readonly TimeProvider _time;
    private readonly Task _reading;
    private readonly Task _exited;

    private DemoProgram(string name, Process process, IReadOnlyList<int> ports, TimeProvider time)
    {
        Name = name;
        Ports = ports;
        _process = process;
        _time = time;
        Id = process.Id;
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
        _exited = process.WaitForExitAsync(CancellationToken.None);
    }

    public string Name { get; }

    public int Id { get; }

    /// <summary>As handed to the arguments; the first serves health.</summary>
    public IReadOnlyList<int> Ports { get; }

    public LogTail Log { get; } = new(KeptLines);

    public bool HasExited => _process.HasExited;

    /// <summary>For people: its state.</summary>
    public string State => _process.HasExited ? $"ended with exit code {_process.ExitCode}" : "running";

    /// <param name="name">For people.</param>
    /// <param name="assembly">File name without extension of a program beside this one.</param>
    /// <param name="arguments">Passed as they are.</param>
    /// <param name="ports">Those among the arguments.</param>
    /// <param name="temporaryFolder">Where the runtime puts the sockets that it leaves behind when a program is killed.</param>
    /// <param name="time">For bounds on waiting.</param>
    public static DemoProgram Start(
        string name, string assembly, IEnumerable<string> arguments, IReadOnlyList<int> ports, string temporaryFolder, TimeProvider time)
    {
        var start = new ProcessStartInfo(DotNetHost.Path, ["exec", DotNetHost.Beside(assembly), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["TMPDIR"] = temporaryFolder },
        };
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{DotNetHost.Path} did not start {assembly}");

        // What the user types is for this process only.
        process.StandardInput.Close();
        return new DemoProgram(name, process, ports, time);
    }

    /// <summary>Without warning, as <c>kill -9</c> does; returns when the process is gone.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _exited;
    }

    /// <summary>SIGTERM; after <paramref name="grace"/> as <see cref="KillAsync"/>.</summary>
    public async Task StopAsync(TimeSpan grace)
    {
        if (!_process.HasExited && PosixKill.Terminate(Id))
        {
            await _exited.WaitAsync(grace, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await KillAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        await _reading;
        _process.Dispose();
    }

    private async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            Log.Add(line);
        }
    }
}
