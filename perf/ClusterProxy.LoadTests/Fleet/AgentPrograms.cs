using System.Diagnostics;
using ClusterProxy.LoadTests.Commands;
using ClusterProxy.LoadTests.Topologies;
using ClusterProxy.Testing.Programs;

namespace ClusterProxy.LoadTests.Fleet;

/// <summary>Thousands of agents in processes of their own.</summary>
/// <param name="rig">Their certificates.</param>
/// <param name="yields">
/// Whether they run only when nobody else wants a processor, where nothing is asked of them: they stand for other machines, so that what
/// they need of the processors is not taken from servers and the generator, and comes late instead. The lowest priority is not
/// enough, since a thread that has begun its slice may end it: an echo's p50 in a storm was 1.9 ms by that and is 1.3 ms.
/// </param>
internal sealed class AgentPrograms(Rig rig, bool yields) : IAsyncDisposable
{
    /// <summary>
    /// A process has one queue of timers a processor, which it walks along whenever one is due, and one heap: with thousands of agents in it
    /// they took more time for that than for their tunnels, and dials waited for it.
    /// </summary>
    private const int InAProcess = 250;

    /// <summary>
    /// They have no processors of their own here: threads that wait do not spin, nothing is compiled a second time for having run often,
    /// and there is no collector beside the program for heaps of some megabytes.
    /// </summary>
    private static readonly Dictionary<string, string?> Runtime = new()
    {
        ["DOTNET_ThreadPool_UnfairSemaphoreSpinLimit"] = "0",
        ["DOTNET_TieredPGO"] = "0",
        ["DOTNET_gcConcurrent"] = "0",
    };

    private const int StartsPerTick = 10;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);

    private readonly List<ProgramProcess> _programs = [];
    private readonly List<string> _clusters = [];

    public IReadOnlyList<string> Clusters => _clusters;

    public double CpuSeconds => _programs.Sum(static p => Measuring.ProcFiles.Read(p.Id).CpuSeconds);

    /// <summary>Starts more of them, two hundred a second; each first looks for a server at one of the ports.</summary>
    public async Task StartAsync(int count, IReadOnlyList<int> ports, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Tick);
        for (var i = 0; i < count; i++)
        {
            if (i % StartsPerTick == 0)
            {
                await timer.WaitForNextTickAsync(cancellationToken);
            }

            if (_clusters.Count % InAProcess == 0)
            {
                _programs.Add(StartProgram());
            }

            var cluster = $"cluster-{_clusters.Count}";
            await _programs[^1].WriteLineAsync($"{cluster} {ports[_clusters.Count % ports.Count]}");
            _clusters.Add(cluster);
        }
    }

    /// <summary>Stops them where they are, as machines that are out of reach.</summary>
    public void Hold() => Signal("STOP");

    /// <summary>Lets them go on.</summary>
    public void Release() => Signal("CONT");

    /// <summary>Fails if one has ended, or an agent in it has found a defect: it may wait for ever then.</summary>
    public void ThrowIfBroken()
    {
        if (_programs.Find(static p => p.HasExited || p.Lines.Count > 0) is { } broken)
        {
            throw new InvalidOperationException($"agents are broken: {broken.Describe()}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var program in _programs)
        {
            await program.DisposeAsync();
        }
    }

    /// <summary>By the program, since these signals have not the same numbers everywhere.</summary>
    private void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", .. _programs.Select(static p => $"{p.Id}")]);
        kill.WaitForExit();
        if (kill.ExitCode != 0)
        {
            throw new InvalidOperationException($"kill -{name}: exit code {kill.ExitCode}");
        }
    }

    private ProgramProcess StartProgram()
    {
        string[] command =
        [
            .. yields ? ["chrt", "--idle", "0"] : (string[])[],
            .. BuiltProgram.Command(typeof(AgentPrograms).Assembly.Location),
            AgentsCommand.Name, AgentsCommand.AuthorityOption, rig.Certificates.AuthorityFile, AgentsCommand.CertificateOption,
            rig.AgentCertificate.CertificateFile, AgentsCommand.KeyOption, rig.AgentCertificate.KeyFile,
        ];
        return ProgramProcess.Start(command[0], command[1..], Runtime);
    }
}
