using System.Diagnostics;

namespace ClusterProxy.Cli.Demo.Topology;

/// <summary>
/// A second process of this program that outlives a demo which is killed hard: it reads what there is to clean up from a pipe, and
/// when the pipe ends without <see cref="GuardProcess.Done"/>, ends the programs and removes the folder.
/// </summary>
internal sealed class DemoGuard : IAsyncDisposable
{
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(1);

    private readonly Process _process;
    private readonly TimeProvider _time;

    private DemoGuard(Process process, TimeProvider time)
    {
        _process = process;
        _time = time;
    }

    public static DemoGuard Start(TimeProvider time)
    {
        var start = new ProcessStartInfo(DotNetHost.Path, ["exec", DotNetHost.Beside("clusterproxy"), GuardProcess.Argument])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
        };
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{DotNetHost.Path} did not start the demo's guard");
        process.StandardInput.AutoFlush = true;
        return new DemoGuard(process, time);
    }

    public Task WatchAsync(int processId) => _process.StandardInput.WriteLineAsync($"{GuardProcess.Process} {processId}");

    public Task WatchAsync(PrivateFolder folder) => _process.StandardInput.WriteLineAsync($"{GuardProcess.Folder} {folder.Path}");

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await _process.StandardInput.WriteLineAsync(GuardProcess.Done);
            _process.StandardInput.Close();
            await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(EndTimeout, _time)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _process.Kill();
        }

        _process.Dispose();
    }
}
