using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Server.Fleet;
using ClusterProxy.Server.Policy;

namespace ClusterProxy.Server.Tests.Fleet;

public sealed class ResolvedServersTests
{
    private readonly Channel<Func<IPAddress[]>> _answers = Channel.CreateUnbounded<Func<IPAddress[]>>();
    private readonly ManualTime _time = new();
    private readonly ObservedCount _changes = new();
    private readonly ObservedCount _asks = new();

    [Fact]
    public async Task Servers_FollowTheName_AndStayWhileItCannotBeAsked()
    {
        using var log = new FailOnErrorLog();
        Assert.True(DialTarget.TryParse("hub.example.com:8091", out var name));
        await using var servers = new ResolvedServers("servers-dns", name, AskAsync, log.CreateFactory().CreateLogger("test"), _time);
        servers.Start(_changes.Increment);
        Assert.Empty(servers.Servers);

        Answer("10.0.0.2", "10.0.0.1");
        await _changes.WaitForAtLeastAsync(1).DefaultTimeout();
        Assert.Equal<FleetServer>([Server("10.0.0.1"), Server("10.0.0.2")], servers.Servers);

        await NextAskAsync(2);
        _answers.Writer.TryWrite(static () => throw new SocketException((int)SocketError.TryAgain));
        await log.Log.WaitForAsync("ServerLookupFailed").DefaultTimeout();
        Assert.Equal(2, servers.Servers.Length);

        // The same in another order is no change.
        await NextAskAsync(3);
        Answer("10.0.0.1", "10.0.0.2");
        await NextAskAsync(4);
        Answer("10.0.0.1", "10.0.0.3");
        await _changes.WaitForAtLeastAsync(2).DefaultTimeout();
        Assert.Equal<FleetServer>([Server("10.0.0.1"), Server("10.0.0.3")], servers.Servers);
        Assert.Equal(2, _changes.Value);
    }

    private static FleetServer Server(string address) => new("", address, 8091, "hub.example.com");

    private Task<long> NextAskAsync(int number)
    {
        _time.Advance(ResolvedServers.Period);
        return _asks.WaitForAtLeastAsync(number).DefaultTimeout();
    }

    private void Answer(params string[] addresses) =>
        _answers.Writer.TryWrite(() => [.. addresses.Select(IPAddress.Parse)]);

    private async Task<IPAddress[]> AskAsync(string host, CancellationToken cancellationToken)
    {
        Assert.Equal("hub.example.com", host);
        _asks.Increment();
        return (await _answers.Reader.ReadAsync(cancellationToken))();
    }
}
