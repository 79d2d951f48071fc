using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace ClusterProxy.Agent.Sockets;

/// <summary>
/// Asks the system's resolver. It keeps a thread busy until the answer comes, so each question gets one of its own and their
/// number is bounded: names that nobody answers for must not take the pool's threads, which carry bytes. A pool with threads to
/// spare for them would be no better: every dial would wake several, which then look for work that there is not.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Its handle is never asked for, and a lookup may outlive whoever asked.")]
internal sealed class NameLookup(Func<string, Task<IPAddress[]>> ask)
{
    /// <summary>Threads that wait for the resolver at most.</summary>
    public const int MaxConcurrent = 32;

    private readonly SemaphoreSlim _slots = new(MaxConcurrent);

    public NameLookup()
        : this(static host => Task.Factory.StartNew(
            static name => Dns.GetHostAddresses((string)name!), host, CancellationToken.None,
            TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default))
    {
    }

    public async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out var literal))
        {
            return [literal];
        }

        await _slots.WaitAsync(cancellationToken);
        return await AskAsync(host).WaitAsync(cancellationToken);
    }

    /// <summary>Holds its slot until the resolver has answered, even when nobody waits any more.</summary>
    private async Task<IPAddress[]> AskAsync(string host)
    {
        try
        {
            return [.. (await ask(host)).Distinct()];
        }
        catch (ArgumentException e)
        {
            // Longer than a name can be.
            throw new SocketException((int)SocketError.HostNotFound, e.Message);
        }
        finally
        {
            _slots.Release();
        }
    }
}
