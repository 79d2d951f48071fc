namespace ClusterProxy.Cli.Demo.Topology;

/// <summary>Starts programs on free ports, again when somebody else took one meanwhile.</summary>
internal sealed class ProgramLauncher(PrivateFolder folder, DemoGuard guard, HealthPort health, TimeProvider time)
{
    private const int Attempts = 4;
    private const int ShownLogLines = 20;

    /// <param name="name">For people.</param>
    /// <param name="assembly">File name without extension.</param>
    /// <param name="portCount">How many ports it needs; the first is its health port.</param>
    /// <param name="arguments">Made from the ports.</param>
    /// <param name="cancellationToken">Gives up and kills it.</param>
    /// <exception cref="ProgramStartException">It ended before it served.</exception>
    public async Task<DemoProgram> LaunchAsync(
        string name, string assembly, int portCount, Func<IReadOnlyList<int>, IEnumerable<string>> arguments, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var ports = FreePort.Find(portCount);
            var program = DemoProgram.Start(name, assembly, arguments(ports), ports, folder.Path, time);
            var serves = false;
            var state = "";
            try
            {
                await guard.WatchAsync(program.Id);
                serves = await health.ServesAsync(program, cancellationToken);
                if (serves)
                {
                    return program;
                }
            }
            finally
            {
                if (!serves)
                {
                    state = program.State;
                    await program.DisposeAsync();
                }
            }

            if (attempt == Attempts || !program.Log.Contains("in use"))
            {
                throw new ProgramStartException(
                    $"{name} {state} before it served: {string.Join('\n', program.Log.Last(ShownLogLines))}");
            }
        }
    }
}
