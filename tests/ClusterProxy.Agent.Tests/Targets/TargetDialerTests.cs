using System.Net;
using System.Net.Sockets;
using ClusterProxy.Agent.Sockets;
using ClusterProxy.Agent.Targets;

namespace ClusterProxy.Agent.Tests.Targets;

public sealed class TargetDialerTests
{
    [Fact]
    public async Task Dial_FirstAddressRefuses_UsesTheNext()
    {
        await using var target = new EchoTarget();

        var result = await Dialer(["127.0.0.9", "127.0.0.1"]).DialAsync("tcp", $"name:{target.Port}", default).DefaultTimeout();

        using var socket = result.Socket;
        Assert.Equal(TargetDialOutcome.Connected, result.Outcome);
        Assert.True(socket!.NoDelay);
        Assert.NotEqual(0, (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive)!);
    }

    [Fact]
    public async Task Dial_FirstAddressHangs_DoesNotWaitForIt()
    {
        await using var hole = await BlackHole.CreateAsync();
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.2"), hole.Port));
        listener.Listen();

        var result = await Dialer(["127.0.0.1", "127.0.0.2"], timeout: TimeSpan.FromMinutes(5))
            .DialAsync("tcp", $"name:{hole.Port}", default).DefaultTimeout();

        using var socket = result.Socket;
        Assert.Equal(IPAddress.Parse("127.0.0.2"), ((IPEndPoint)socket!.RemoteEndPoint!).Address);
    }

    [Fact]
    public async Task Dial_AllAddressesFail_ReportsTheFirst()
    {
        using var port = new RefusingPort();

        var result = await Dialer(["127.0.0.3", "127.0.0.1"]).DialAsync("tcp", $"name:{port.Port}", default).DefaultTimeout();

        Assert.Equal($"dial tcp 127.0.0.3:{port.Port}: connect: connection refused", result.Error);
        Assert.Equal(TargetDialOutcome.Failed, result.Outcome);
    }

    [Fact]
    public async Task Dial_NameLeadsToDeniedAddress_IsRefused()
    {
        await using var target = new EchoTarget();

        var result = await Dialer(["127.0.0.1"], policy: new TargetPolicy([], [Rule("127.0.0.0/8")]))
            .DialAsync("tcp", $"innocent.example:{target.Port}", default).DefaultTimeout();

        Assert.Equal(TargetDialOutcome.Denied, result.Outcome);
        Assert.Contains("--deny-target=127.0.0.0/8", result.Error);
        Assert.Equal(0, target.Accepted.Value);
    }

    [Fact]
    public async Task Dial_OneOfTwoAddressesIsDenied_UsesTheOther()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0));
        listener.Listen();
        var port = ((IPEndPoint)listener.LocalEndPoint!).Port;

        var result = await Dialer(["169.254.169.254", "127.0.0.2"]).DialAsync("tcp", $"name:{port}", default).DefaultTimeout();

        using var socket = result.Socket;
        Assert.Equal(TargetDialOutcome.Connected, result.Outcome);
    }

    [Fact]
    public async Task Dial_Wildcard_IsJudgedAsLoopback()
    {
        var result = await Dialer([], policy: new TargetPolicy([], [Rule("127.0.0.0/8")])).DialAsync("tcp", "0.0.0.0:80", default).DefaultTimeout();

        Assert.Equal(TargetDialOutcome.Denied, result.Outcome);
    }

    [Fact]
    public async Task Dial_Alias_IsResolvedBeforeDns()
    {
        await using var target = new EchoTarget();
        Assert.True(TargetAlias.TryParse($"cluster1:443=127.0.0.1:{target.Port}", out var alias, out _));

        var result = await Dialer(null, aliases: new TargetAliases([alias])).DialAsync("tcp", "cluster1:443", default).DefaultTimeout();

        using var socket = result.Socket;
        Assert.Equal(TargetDialOutcome.Connected, result.Outcome);
    }

    [Fact]
    public async Task Dial_UnknownName_SaysNoSuchHost()
    {
        var result = await Dialer(null).DialAsync("tcp", "nowhere.example:80", default).DefaultTimeout();

        Assert.Equal("dial tcp: lookup nowhere.example: no such host", result.Error);
    }

    [Fact]
    public async Task Dial_SilentResolver_TimesOut()
    {
        var silent = new NameLookup(static _ => new TaskCompletionSource<IPAddress[]>().Task);
        var dialer = new TargetDialer(silent, TargetPolicy.Default, TargetAliases.None, TimeSpan.FromMilliseconds(50), TimeProvider.System);

        var result = await dialer.DialAsync("tcp", "name:80", default).DefaultTimeout();

        Assert.Equal((TargetDialOutcome.TimedOut, "dial tcp: lookup name: i/o timeout"), (result.Outcome, result.Error));
    }

    [Fact]
    public async Task Resolve_ManySilentNames_AsksOnlySoManyAtATime()
    {
        var asked = 0;
        var answer = new TaskCompletionSource<IPAddress[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        var lookup = new NameLookup(_ =>
        {
            Interlocked.Increment(ref asked);
            return answer.Task;
        });
        using var cancel = new CancellationTokenSource();
        var lookups = Enumerable.Range(0, 100).Select(i => lookup.ResolveAsync($"n{i}", cancel.Token)).ToArray();

        Assert.Equal(NameLookup.MaxConcurrent, asked);
        answer.SetResult([IPAddress.Loopback]);

        await Task.WhenAll(lookups).DefaultTimeout();
        Assert.Equal(100, asked);
    }

    [Fact]
    public async Task Dial_Cancelled_IsNoFailure()
    {
        await using var hole = await BlackHole.CreateAsync();
        using var cancel = new CancellationTokenSource();
        var dial = Dialer(["127.0.0.1"], timeout: TimeSpan.FromMinutes(5)).DialAsync("tcp", hole.Address, cancel.Token);

        await cancel.CancelAsync();

        Assert.Equal(TargetDialOutcome.Cancelled, (await dial.DefaultTimeout()).Outcome);
    }

    [Fact]
    public async Task Dial_EndlessAddress_IsAnsweredShort()
    {
        var result = await Dialer(null).DialAsync("tcp", new string('a', 1_000_000) + ":80", default).DefaultTimeout();

        Assert.InRange(result.Error.Length, 1, 1000);
    }

    private static TargetDialer Dialer(
        string[]? addresses, TargetPolicy? policy = null, TargetAliases? aliases = null, TimeSpan? timeout = null)
    {
        var lookup = new NameLookup(_ => addresses is null
            ? Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound))
            : Task.FromResult<IPAddress[]>([.. addresses.Select(IPAddress.Parse)]));
        return new TargetDialer(
            lookup, policy ?? TargetPolicy.Default, aliases ?? TargetAliases.None, timeout ?? TimeSpan.FromSeconds(10), TimeProvider.System);
    }

    private static TargetRule Rule(string text) => TargetRule.TryParse(text, out var rule, out _) ? rule : throw new FormatException(text);
}
