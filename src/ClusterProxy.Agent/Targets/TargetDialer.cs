using System.Net;
using System.Net.Sockets;
using ClusterProxy.Agent.Sockets;
using ClusterProxy.Protocol;

namespace ClusterProxy.Agent.Targets;

/// <summary>Opens the TCP connection that a DIAL_REQ asks for. One deadline covers name resolution and all addresses.</summary>
internal sealed class TargetDialer(NameLookup lookup, TargetPolicy policy, TargetAliases aliases, TimeSpan timeout, TimeProvider time)
{
    /// <summary>A name of 253 characters with a port and a zone, and then some.</summary>
    private const int MaxAddressLength = 300;

    private readonly TcpRace _race = new(time);

    /// <param name="protocol">Of the DIAL_REQ; tcp only.</param>
    /// <param name="text">Of the DIAL_REQ: host and port.</param>
    /// <param name="cancellationToken">Nobody wants the connection any more.</param>
    public async Task<TargetDialResult> DialAsync(string protocol, string text, CancellationToken cancellationToken)
    {
        if (protocol != "tcp")
        {
            return TargetDialResult.Denied($"dial {PeerText.Bound(protocol)}: protocol not supported; this agent dials tcp only");
        }

        if (text.Length > MaxAddressLength)
        {
            return TargetDialResult.Failed($"dial tcp: address {PeerText.Bound(text)}: longer than {MaxAddressLength} characters");
        }

        if (!TargetAddress.TryParse(text, out var asked, out var error))
        {
            return TargetDialResult.Failed($"dial tcp: {error}");
        }

        var target = aliases.Resolve(asked);
        string[] names = target.Host == asked.Host ? [asked.Host] : [asked.Host, target.Host];
        if (policy.Refusal(names, target.Port) is { } refusal)
        {
            return TargetDialResult.Denied(refusal);
        }

        using var either = new CancellationTokenSource(timeout, time);
        await using var given = cancellationToken.UnsafeRegister(static either => ((CancellationTokenSource)either!).Cancel(), either);
        IReadOnlyList<IPEndPoint>? endPoints = null;
        try
        {
            var addresses = await lookup.ResolveAsync(target.Host, either.Token);
            (endPoints, refusal) = Permitted(names, addresses, target.Port);
            if (endPoints.Count == 0)
            {
                return refusal is null
                    ? TargetDialResult.Failed(DialErrorText.Lookup(target.Host, SocketError.NoData))
                    : TargetDialResult.Denied(refusal);
            }

            var attempt = await _race.ConnectAsync(endPoints, either.Token);
            return attempt.Socket is { } socket
                ? TargetDialResult.Connected(socket)
                : TargetDialResult.Failed(DialErrorText.Connect(attempt.EndPoint.Address, target.Port, attempt.Failure!));
        }
        catch (SocketException e)
        {
            return TargetDialResult.Failed(DialErrorText.Lookup(target.Host, e.SocketErrorCode));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return TargetDialResult.Cancelled;
        }
        catch (OperationCanceledException)
        {
            return TargetDialResult.Failed(endPoints is null
                ? DialErrorText.LookupTimeout(target.Host)
                : DialErrorText.Timeout(endPoints[0].Address, target.Port));
        }
    }

    private (IReadOnlyList<IPEndPoint> EndPoints, string? Refusal) Permitted(string[] names, IPAddress[] addresses, int port)
    {
        string? refusal = null;
        var permitted = new List<IPEndPoint>(addresses.Length);
        foreach (var address in AddressOrder.Interleave(addresses))
        {
            var effective = TargetPolicy.Effective(address);
            if (policy.Refusal(names, effective, port) is { } why)
            {
                refusal ??= why;
            }
            else
            {
                permitted.Add(new IPEndPoint(effective, port));
            }
        }

        return (permitted, refusal);
    }
}
