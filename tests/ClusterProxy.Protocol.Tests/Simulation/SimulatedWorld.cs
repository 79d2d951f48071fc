using System.Runtime.CompilerServices;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Protocol.Tests.Simulation;

/// <summary>
/// Frontends, a server, an agent and its targets, on one thread and on a clock of their own. A seed decides everything that
/// happens in it: the sizes, the order of all steps, and what goes wrong.
/// </summary>
internal sealed class SimulatedWorld
{
    /// <summary>More than a world can take whose owners sleep at most twice each.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private const int MostSteps = 2_000_000;

    private readonly List<SimulatedLink> _tunnels = [];
    private readonly List<SimulatedLink> _lanes = [];
    private readonly List<(Task Task, string Name)> _owners = [];
    private readonly List<(Task Task, string Name)> _loops = [];
    private readonly Dictionary<TunnelConnection, SimulatedEvent> _connections = [];
    private readonly List<SimulatedFrontend> _frontends = [];
    private bool _stalled;
    private bool _lost;

    public SimulatedWorld(int seed)
    {
        Random = new Random(seed);
        Scheduler = new SimulatedScheduler(Random);
        Time = new SimulatedTime(Scheduler);
        Options = SimulationOptions.Create(Random, Scheduler);
    }

    public Random Random { get; }

    public SimulatedScheduler Scheduler { get; }

    public SimulatedTime Time { get; }

    public SimulationOptions Options { get; }

    public IReadOnlyList<SimulatedFrontend> Frontends => _frontends;

    /// <summary>Runs to the end.</summary>
    /// <exception cref="SimulationException">An invariant does not hold.</exception>
    public void Run()
    {
        for (var i = 0; i < Options.Tunnels; i++)
        {
            _tunnels.Add(new SimulatedTunnel(this));
        }

        for (var i = 0; i < Options.Lanes; i++)
        {
            _lanes.Add(new SimulatedLane(this));
        }

        for (var i = 0; i < Options.Frontends; i++)
        {
            var frontend = new SimulatedFrontend(this, i);
            _frontends.Add(frontend);
            Track(frontend.RunAsync());
        }

        RunUntilOwnersEnd();
        CheckConnections();
        _lanes.ForEach(static l => l.End());
        _tunnels.ForEach(static t => t.End());
        RunUntilNothingIsLeft();
        CheckEnd();
    }

    /// <summary>What must end before the tunnels do.</summary>
    public void Track(Task owner, [CallerArgumentExpression(nameof(owner))] string name = "") => _owners.Add((owner, name));

    /// <summary>What ends with its tunnel.</summary>
    public void TrackLoop(Task loop, [CallerArgumentExpression(nameof(loop))] string name = "") => _loops.Add((loop, name));

    public void Opened(TunnelConnection connection) => _connections.Add(connection, new SimulatedEvent(Scheduler));

    public SimulatedEvent EndOf(TunnelConnection connection) => _connections[connection];

    public Action<TunnelConnection> Ended(ConnectionTable table) => connection =>
    {
        if (EndOf(connection).IsCompleted)
        {
            throw new SimulationException($"connection {connection.ConnectId} ended twice");
        }

        EndOf(connection).Set();
        table.Remove(connection);
    };

    /// <summary>A tunnel's end at the server that takes dials; null when there is none.</summary>
    public SimulatedDialer? FindServer() => Find(_tunnels);

    /// <summary>Where a frontend dials; null when there is no way.</summary>
    public SimulatedDialer? FindWay() => Find(_lanes.Count > 0 ? _lanes : _tunnels);

    public async ValueTask DelayAsync(TimeSpan time, SimulatedEvent? unless = null)
    {
        var over = new SimulatedEvent(Scheduler);
        await using var timer = Time.CreateTimer(static e => ((SimulatedEvent)e!).Set(), over, time, Timeout.InfiniteTimeSpan);
        unless?.OnCompleted(over.Set);
        await over;
    }

    private SimulatedDialer? Find(List<SimulatedLink> links)
    {
        var start = Random.Next(links.Count);
        for (var i = 0; i < links.Count; i++)
        {
            if (links[(start + i) % links.Count] is { TakesDials: true } link)
            {
                return link.Dialer;
            }
        }

        return null;
    }

    private void RunUntilOwnersEnd()
    {
        var faults = Options.Faults;
        while (true)
        {
            if (faults > 0 && Random.Next(50) == 0)
            {
                faults--;
                GoWrong();
            }

            if (Scheduler.RunOne())
            {
                CheckCredit(nothingUnderWay: false);
                continue;
            }

            CheckCredit(nothingUnderWay: true);
            if (_owners.TrueForAll(static o => o.Task.IsCompleted))
            {
                return;
            }

            if (!Time.MoveOn(Longest))
            {
                throw Fault() ?? new SimulationException(
                    $"wait for ever: {Names(_owners)}; connections: {Open()}");
            }
        }
    }

    private void RunUntilNothingIsLeft()
    {
        while (Scheduler.RunOne() || Time.MoveOn(TimeSpan.MaxValue))
        {
            CheckSteps();
        }
    }

    private void GoWrong()
    {
        var at = Random.Next(_tunnels.Count + _lanes.Count);
        var link = at < _tunnels.Count ? _tunnels[at] : _lanes[at - _tunnels.Count];
        switch (Random.Next(8))
        {
            case 0 or 1:
                _lost = true;
                link.Break();
                break;
            case 2:
                _lost = true;
                _stalled = true;
                Track(link.StallAsync());
                break;
            case 3:
                link.Drain();
                break;
            case 4:
                _lost = true;
                link.End();
                break;
            case 5:
                (link is SimulatedLane ? _lanes : _tunnels).Add(link is SimulatedLane ? new SimulatedLane(this) : new SimulatedTunnel(this));
                break;
            default:
                _frontends[Random.Next(_frontends.Count)].Leave(Random.Next(4) == 0 ? CloseReason.ShuttingDown : CloseReason.FrontendLost);
                break;
        }
    }

    private void CheckCredit(bool nothingUnderWay)
    {
        CheckSteps();
        if (!Options.HasCredit && Options.Lanes == 0)
        {
            return;
        }

        foreach (var frontend in _frontends)
        {
            foreach (var transfer in frontend.Transfers)
            {
                transfer.CheckCredit(nothingUnderWay && !_stalled && transfer.IsOpen);
            }
        }
    }

    private void CheckSteps()
    {
        if (Scheduler.Stranger is { } stranger)
        {
            throw new SimulationException($"a step was asked for by a thread that is not the simulation's:\n{stranger}");
        }

        if (Scheduler.Taken > MostSteps)
        {
            throw Fault() ?? new SimulationException($"no end after {Scheduler.Taken} steps: {Open()}");
        }
    }

    private void CheckConnections()
    {
        if (Fault() is { } fault)
        {
            throw fault;
        }

        foreach (var (connection, end) in _connections)
        {
            if (!end.IsCompleted || !connection.Completion.IsCompleted || connection.Reason is null || connection.QueuedBytes != 0)
            {
                throw new SimulationException($"a connection did not end: {Text(connection)}");
            }

            var allowed = (connection.LostBy ?? connection.Reason) switch
            {
                CloseReason.ProtocolError => false,
                CloseReason.TunnelLost => _lost,
                CloseReason.CloseTimeout => _stalled || Options.HasSlowOwners,
                CloseReason.Stalled => Options.HasSlowOwners || (_stalled && Options.Lanes > 0),
                _ => true,
            };
            if (!allowed)
            {
                throw new SimulationException($"nothing happened that explains the end: {Text(connection)}");
            }
        }

        if (Options.Budget is not { Used: 0, Promised: 0 })
        {
            throw new SimulationException($"{Options.Budget.Used} bytes are left in the budget, {Options.Budget.Promised} are promised");
        }
    }

    private void CheckEnd()
    {
        CheckConnections();
        if (_loops.Exists(static l => !l.Task.IsCompleted))
        {
            throw new SimulationException($"did not end with their tunnels: {Names(_loops)}");
        }

        _lanes.ForEach(static l => l.CheckEnd());
        _tunnels.ForEach(static t => t.CheckEnd());
        if (Time.Armed > 0)
        {
            throw new SimulationException($"{Time.Armed} timers are left");
        }
    }

    private Exception? Fault() => _owners.Concat(_loops).FirstOrDefault(static t => t.Task.IsFaulted).Task?.Exception?.InnerException;

    private static string Names(List<(Task Task, string Name)> tasks) =>
        string.Join(", ", tasks.Where(static t => !t.Task.IsCompleted).Select(static t => t.Name));

    private string Open() => string.Join("; ", _connections.Where(static c => !c.Value.IsCompleted).Select(static c => Text(c.Key)));

    private static string Text(TunnelConnection connection) =>
        $"{connection.Role} {connection.ConnectId}, reason {connection.Reason}, lost by {connection.LostBy}, {connection.QueuedBytes} bytes queued";
}
