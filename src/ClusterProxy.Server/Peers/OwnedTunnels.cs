using ClusterProxy.Protocol.Messages;
using ClusterProxy.Server.Agents;

namespace ClusterProxy.Server.Peers;

/// <summary>
/// This server's part of the fleet's map: the tunnels that agents have with it, as other servers are told. Each change is a version;
/// the last ones are remembered, so that who knows a recent version gets what changed since, and anybody else all of it.
/// </summary>
/// <remarks>A number is never used again, so a change may be told late, twice, or merged with later ones.</remarks>
internal sealed class OwnedTunnels
{
    /// <summary>More than change in a restart of many agents while a packet is on its way, and 32 KiB.</summary>
    private const int Remembered = 4096;

    /// <summary>Keeps a packet far below any limit of messages.</summary>
    private const int TunnelsInPacket = 128;

    private readonly Lock _gate = new();
    private readonly Dictionary<object, long> _numbers = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<long, OwnedTunnel> _tunnels = [];
    private readonly Queue<long> _changed = new();
    private TaskCompletionSource _next = NewSignal();
    private long _version = 1;
    private long _lastNumber;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _tunnels.Count;
            }
        }
    }

    /// <summary>Of the state as it is now.</summary>
    public long Version
    {
        get
        {
            lock (_gate)
            {
                return _version;
            }
        }
    }

    /// <param name="tunnel">Known by its reference.</param>
    /// <param name="agent">Whose it is.</param>
    public void Add(object tunnel, AgentIdentity agent)
    {
        lock (_gate)
        {
            if (!_numbers.TryAdd(tunnel, _lastNumber + 1))
            {
                return;
            }

            Set(new OwnedTunnel
            {
                Number = ++_lastNumber,
                Agent = agent.Id,
                Cluster = agent.Cluster,
                Destinations = { agent.Identifiers.Destinations },
                DefaultRoute = agent.Identifiers.DefaultRoute,
            });
        }
    }

    /// <param name="tunnel">One of those that were added; another is not heard of.</param>
    /// <param name="draining">Whether it is to be picked only when no other matches.</param>
    public void SetDraining(object tunnel, bool draining)
    {
        lock (_gate)
        {
            if (_numbers.TryGetValue(tunnel, out var number) && _tunnels[number] is var owned && owned.Draining != draining)
            {
                // Somebody may be writing the old one to a wire.
                Set(new OwnedTunnel(owned) { Draining = draining });
            }
        }
    }

    public void Remove(object tunnel)
    {
        lock (_gate)
        {
            if (_numbers.Remove(tunnel, out var number))
            {
                _tunnels.Remove(number);
                Note(number);
            }
        }
    }

    /// <summary>What brings someone from a version to the present one, in packets that follow each other.</summary>
    /// <param name="known">0 for nothing.</param>
    public IReadOnlyList<Ownership> Since(long known)
    {
        OwnedTunnel[] all;
        long version;
        lock (_gate)
        {
            if (known == _version)
            {
                return [];
            }

            if (known < _version && known >= _version - _changed.Count)
            {
                return [.. Changes(known)];
            }

            all = [.. _tunnels.Values];
            version = _version;
        }

        var parts = all.Chunk(TunnelsInPacket).DefaultIfEmpty([]).ToList();
        return [.. parts.Select((part, i) => new Ownership
        {
            Since = i == 0 ? 0 : version, Version = version, There = { part }, More = i < parts.Count - 1,
        })];
    }

    /// <summary>Ends when there is something that <see cref="Since"/> of this version would tell.</summary>
    public Task ChangedAfterAsync(long known, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return known == _version ? _next.Task.WaitAsync(cancellationToken) : Task.CompletedTask;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private IEnumerable<Ownership> Changes(long known)
    {
        foreach (var part in _changed.Skip((int)(known - (_version - _changed.Count))).Chunk(TunnelsInPacket))
        {
            var update = new Ownership { Since = known, Version = known + part.Length };
            foreach (var number in part.Distinct())
            {
                if (_tunnels.TryGetValue(number, out var owned))
                {
                    update.There.Add(owned);
                }
                else
                {
                    update.Gone.Add(number);
                }
            }

            known = update.Version;
            yield return update;
        }
    }

    private void Set(OwnedTunnel owned)
    {
        _tunnels[owned.Number] = owned;
        Note(owned.Number);
    }

    private void Note(long number)
    {
        if (_changed.Count == Remembered)
        {
            _changed.Dequeue();
        }

        _changed.Enqueue(number);
        _version++;

        // Its continuations run elsewhere.
        _next.SetResult();
        _next = NewSignal();
    }
}
