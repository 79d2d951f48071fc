using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ClusterProxy.Cli.Demo.Topology;

/// <summary>The other end of <see cref="DemoGuard"/>'s pipe.</summary>
internal static class GuardProcess
{
    /// <summary>The one argument that makes this program the guard.</summary>
    public const string Argument = "demo-guard";

    public const string Process = "process";
    public const string Folder = "folder";
    public const string Done = "done";

    /// <summary>How the demo's folder is named; short, since a Unix socket's path below it may have 107 bytes in all.</summary>
    public const string FolderPrefix = "cp-demo-";

    private const int RemoveTries = 20;
    private static readonly TimeSpan RemovePeriod = TimeSpan.FromMilliseconds(250);
    private static readonly PosixSignal[] Ignored = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT];

    public static async Task<int> RunAsync(TextReader orders, TimeProvider time)
    {
        // A terminal's signals reach this process as well; it ends when the demo has, whatever ended that.
        var registrations = Array.ConvertAll(Ignored, static s => PosixSignalRegistration.Create(s, static c => c.Cancel = true));
        var processes = new List<Process>();
        var folders = new List<string>();
        var done = false;
        while (!done && await orders.ReadLineAsync() is { } order)
        {
            done = order == Done;
            Note(order.Split(' ', 2), processes, folders);
        }

        if (!done)
        {
            processes.ForEach(End);
            foreach (var folder in folders)
            {
                await RemoveAsync(folder, time);
            }
        }

        processes.ForEach(static p => p.Dispose());
        Array.ForEach(registrations, static r => r.Dispose());
        return 0;
    }

    private static void Note(string[] order, List<Process> processes, List<string> folders)
    {
        switch (order)
        {
            case [Process, var id]:
                try
                {
                    // Held from now on, so that a later process with the same id is not taken for it.
                    var process = System.Diagnostics.Process.GetProcessById(int.Parse(id));
                    _ = process.StartTime;
                    processes.Add(process);
                }
                catch (Exception e) when (e is ArgumentException or InvalidOperationException)
                {
                    // Gone already.
                }

                break;
            case [Folder, var path] when Path.GetFileName(path).StartsWith(FolderPrefix, StringComparison.Ordinal):
                folders.Add(path);
                break;
        }
    }

    private static void End(Process process)
    {
        try
        {
            process.Kill();
            process.WaitForExit(TimeSpan.FromSeconds(2));
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // Gone already.
        }
    }

    private static async Task RemoveAsync(string folder, TimeProvider time)
    {
        for (var tries = 1; Directory.Exists(folder); tries++)
        {
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (IOException) when (tries < RemoveTries)
            {
                // A program that was started in the demo's last moment, too late to be told to this process, finds its files
                // gone and ends; what it wrote meanwhile goes with the next try.
                await Task.Delay(RemovePeriod, time);
            }
        }
    }
}
