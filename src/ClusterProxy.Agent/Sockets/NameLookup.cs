using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace ClusterProxy.Agent.Sockets;

/// <summary>
/// Asks the system's resolver. It answers on a thread of the pool that stays busy until the answer comes, so the number of
/// questions at a time is bounded: names that nobody answers for must not take the threads that carry bytes.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Its handle is never asked for, and a lookup may outlive whoever asked.")]
internal sealed class NameLookup(Func<string, Task<IPAddress[]>> ask)
{
    /// <summary>Below the pool's minimum of threads, which the program file sets with this number in mind.</summary>
    public const int MaxConcurrent = 32;

    private readonly SemaphoreSlim _slots = new(MaxConcurrent);

    public NameLookup()
        : this(static host => Dns.GetHostAddressesAsync(host))
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
