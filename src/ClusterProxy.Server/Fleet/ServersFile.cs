using System.Collections.Immutable;
using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Reloading;
using ClusterProxy.Protocol.Fleet;

namespace ClusterProxy.Server.Fleet;

/// <summary>
/// The servers of <c>--servers-file</c>, one a line; what follows a # is a remark. A file that cannot be used leaves the ones that were
/// read last.
/// </summary>
internal sealed class ServersFile : IServerSource
{
    private readonly FlagFile _file;
    private readonly ReloadingFile<FixedServers> _content;
    private readonly FileReloader _reloader;
    private readonly FleetMetrics _metrics;
    private readonly ILogger _logger;

    /// <exception cref="StartupException">The file cannot be used.</exception>
    public ServersFile(string path, FleetMetrics metrics, ILogger logger, TimeProvider time)
    {
        _file = new FlagFile("servers-file", path);
        _content = new([_file], texts => Parse(_file, texts[0]));
        _reloader = new FileReloader(logger, time);
        _metrics = metrics;
        _logger = logger;
    }

    public ImmutableArray<FleetServer> Servers => _content.Value.Servers;

    public IReadOnlyList<string> Warnings => _content.Refusal is { Length: > 0 } refusal
        ? [.. _reloader.Warnings(), $"{refusal}; the servers that were read before count"]
        : _reloader.Warnings();

    /// <exception cref="StartupException">One sentence with the file, the line and what to write.</exception>
    public static FixedServers Parse(FlagFile file, string text)
    {
        var servers = new List<FleetServer>();
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            var entry = line.Split('#')[0].Trim();
            if (entry.Length == 0)
            {
                continue;
            }

            servers.Add(ServerText.TryParse(entry, out var server)
                ? server
                : throw new StartupException($"{file}: line {number}: \"{entry}\" {ServerText.FlagType.Mismatch}"));
        }

        return ServerText.Objection(servers) is { } objection ? throw new StartupException($"{file}: it {objection}") : new FixedServers(servers);
    }

    public void Start(Action changed)
    {
        _metrics.ReadFile();
        _reloader.Add(_content, outcome =>
        {
            if (outcome == ReloadOutcome.Reloaded)
            {
                changed();
            }
            else if (outcome == ReloadOutcome.Refused)
            {
                _logger.ServersFileRefused(_file.Path, _content.Refusal);
            }

            // Last: whoever sees the count finds the rest done.
            _metrics.Reloaded(outcome);
        });
        _reloader.Start();
    }

    public ValueTask DisposeAsync() => _reloader.DisposeAsync();
}
