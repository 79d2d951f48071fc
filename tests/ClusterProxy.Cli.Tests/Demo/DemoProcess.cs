namespace ClusterProxy.Cli.Tests.Demo;

/// <summary><c>clusterproxy demo --plain</c> as a process of its own, with a temporary folder that nobody else uses.</summary>
internal sealed class DemoProcess : IAsyncDisposable
{
    public const int Steps = 11;

    /// <summary>Collection of the tests that run demos, each of which is five programs that want both processors.</summary>
    public const string OneAtATime = "Demos";

    private readonly TemporaryDirectory _temporary = new();

    public DemoProcess(params string[] arguments) => Program = ProgramProcess.StartBuilt(
        BuiltProgram.Cli,
        ["demo", "--plain", .. arguments],
        [new("TMPDIR", _temporary.Path), new("TMP", _temporary.Path)]);

    public ProgramProcess Program { get; }

    public IReadOnlyList<string> Folders => Directory.GetDirectories(_temporary.Path, "cp-demo-*");

    /// <summary>Ids of the processes whose command line names this demo's folder.</summary>
    public IReadOnlyList<int> Children => OperatingSystem.IsLinux()
        ? [.. Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(n => int.TryParse(n, out _)).Where(Mentions).Select(n => int.Parse(n!))]
        : [];

    /// <summary>Waits for each step up to <paramref name="last"/> by itself: a busy machine may take its time for all of them.</summary>
    public async Task WaitForStepAsync(int last)
    {
        for (var step = 1; step <= last; step++)
        {
            await Program.WaitForLineAsync($"{step,2}/{Steps} ok ");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Program.DisposeAsync();
        _temporary.Dispose();
    }

    private bool Mentions(string? processId)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/cmdline").Contains(_temporary.Path, StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
