using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ClusterProxy.Testing.Programs;

/// <summary>
/// A real program under test: its output is captured and waited on by event, it gets real signals, and its whole tree is
/// killed on dispose. Whatever fails carries the program's output.
/// </summary>
public sealed partial class ProgramProcess : IAsyncDisposable
{
    /// <summary>RLIMIT_NOFILE of Linux.</summary>
    private const int OpenFiles = 7;

    private readonly Process _process;
    private readonly ObservedList<ProgramLine> _output = new();
    private readonly SemaphoreSlim _input = new(1);
    private readonly Action<string>? _onOutput;
    private readonly string _commandLine;
    private readonly Task _reading;
    private readonly Task _watching;
    private bool _disposed;

    private ProgramProcess(Process process, string commandLine, Action<string>? onOutput)
    {
        _onOutput = onOutput;
        _process = process;
        _commandLine = commandLine;
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput, isError: false), ReadAsync(process.StandardError, isError: true));
        _watching = WatchAsync();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Every line so far, of both streams, in the order of arrival.</summary>
    public IReadOnlyList<ProgramLine> Lines => _output.Items;

    /// <summary>Completes when the program has ended and its output was read.</summary>
    public Task Ended => _watching;

    /// <param name="program">A path or a name on PATH.</param>
    /// <param name="arguments">Passed as they are, without a shell.</param>
    /// <param name="environment">Added to the inherited one; a null value removes.</param>
    /// <param name="workingDirectory">The test's own when null.</param>
    /// <param name="onOutput">Gets every line of standard output, in order.</param>
    public static ProgramProcess Start(
        string program,
        IEnumerable<string> arguments,
        IEnumerable<KeyValuePair<string, string?>>? environment = null,
        string? workingDirectory = null,
        Action<string>? onOutput = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = workingDirectory ?? "",
        };
        foreach (var (name, value) in environment ?? [])
        {
            if (value is null)
            {
                start.Environment.Remove(name);
            }
            else
            {
                start.Environment[name] = value;
            }
        }

        var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
        return new ProgramProcess(process, $"{program} {string.Join(' ', start.ArgumentList)}", onOutput);
    }

    /// <summary>Starts one of <see cref="BuiltProgram"/>.</summary>
    public static ProgramProcess StartBuilt(
        string program, IEnumerable<string> arguments, IEnumerable<KeyValuePair<string, string?>>? environment = null)
    {
        var command = BuiltProgram.Command(program);
        return Start(command[0], [.. command[1..], .. arguments], environment);
    }

    /// <summary>The first line, of either stream, past or to come, that contains <paramref name="text"/>.</summary>
    public Task<string> WaitForLineAsync(
        string text, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        WaitForLineAsync(l => l.Contains(text, StringComparison.Ordinal), $"a line with \"{text}\"", file, line);

    public async Task<string> WaitForLineAsync(
        Func<string, bool> condition,
        [CallerArgumentExpression(nameof(condition))] string what = "",
        [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0) =>
        (await ExplainAsync(_output.WaitForAsync(l => condition(l.Text)), what, file, line)).Text;

    /// <summary>Polls until the URL answers with success; fails at once when the program ends.</summary>
    public async Task<string> WaitForUrlAsync(
        Uri url, HttpClient? client = null, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        using var own = client is null ? new HttpClient() : null;
        var body = "";
        var observed = Eventually.ObserveAsync(
            async () =>
            {
                if (_process.HasExited)
                {
                    return true;
                }

                using var answer = await (client ?? own!).GetAsync(url);
                body = await answer.Content.ReadAsStringAsync();
                return answer.IsSuccessStatusCode;
            },
            static done => done,
            $"{url} answers with success",
            file,
            line);
        await ExplainAsync(observed, $"{url} to answer", file, line);
        if (_process.HasExited)
        {
            throw new InvalidOperationException($"{file}:{line} ended before {url} answered: {Describe()}");
        }

        return body;
    }

    /// <summary>Writes a line to standard input; callers may overlap.</summary>
    public async Task WriteLineAsync(string line)
    {
        await _input.WaitAsync();
        try
        {
            await _process.StandardInput.WriteLineAsync(line);
            await _process.StandardInput.FlushAsync();
        }
        finally
        {
            _input.Release();
        }
    }

    public void CloseInput() => _process.StandardInput.Close();

    public void Signal(ProgramSignal signal)
    {
        if (!_process.HasExited && Kill(_process.Id, (int)signal) != 0)
        {
            throw new InvalidOperationException($"kill({_process.Id}, {signal}): errno {Marshal.GetLastPInvokeError()}");
        }
    }

    /// <summary>Of files and sockets, from now on; what is open already stays open.</summary>
    public void LimitHandles(int most)
    {
        var limit = new HandleLimit((ulong)most, (ulong)most);
        if (SetLimit(_process.Id, OpenFiles, in limit, 0) != 0)
        {
            throw new InvalidOperationException($"prlimit({_process.Id}): errno {Marshal.GetLastPInvokeError()}");
        }
    }

    /// <summary>Waits for the end and for the last line of output. A signal's death reads as 128 + its number.</summary>
    public async Task<int> WaitForExitAsync([CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        await ExplainAsync(_watching, "exit", file, line);
        return _process.ExitCode;
    }

    public async Task ExpectExitAsync(int code, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        var actual = await WaitForExitAsync(file, line);
        if (actual != code)
        {
            throw new InvalidOperationException($"{file}:{line} expected exit code {code}, got {actual}: {Describe()}");
        }
    }

    /// <summary>The command line, its state and the last 200 lines.</summary>
    public string Describe() =>
        $"{_commandLine} ({(_process.HasExited ? $"exit code {_process.ExitCode}" : $"running, pid {_process.Id}")}){Environment.NewLine}"
        + string.Join(Environment.NewLine, _output.Items.TakeLast(200));

    /// <summary>May be called again: a test that ends a program early still disposes it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _watching.DefaultTimeout();
        _process.Dispose();
        _input.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "prlimit", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetLimit(int pid, int resource, in HandleLimit limit, nint old);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int pid, int signal);

    private async Task ReadAsync(StreamReader reader, bool isError)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            _output.Add(new ProgramLine(line, isError));
            if (!isError)
            {
                _onOutput?.Invoke(line);
            }
        }
    }

    private async Task WatchAsync()
    {
        await _process.WaitForExitAsync();

        // A grandchild may hold the pipes open: what it still writes is not waited for.
        await Task.WhenAny(_reading, Task.Delay(TimeSpan.FromSeconds(2)));
        _output.End(new InvalidOperationException($"ended with exit code {_process.ExitCode}"));
        if (_reading.IsFaulted)
        {
            await _reading;
        }
    }

    private async Task<T> ExplainAsync<T>(Task<T> task, string what, string file, int line)
    {
        await ExplainAsync((Task)task, what, file, line);
        return await task;
    }

    private async Task ExplainAsync(Task task, string what, string file, int line)
    {
        try
        {
            await task.DefaultTimeout(file, line);
        }
        catch (Exception e) when (e is TimeoutException or InvalidOperationException)
        {
            throw new InvalidOperationException($"{file}:{line} waited for {what}: {e.Message}: {Describe()}", e);
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct HandleLimit(ulong Soft, ulong Hard);
}
