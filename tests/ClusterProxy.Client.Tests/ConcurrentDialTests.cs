using ClusterProxy.Protocol.Packets;
using Xunit.Abstractions;

namespace ClusterProxy.Client.Tests;

/// <summary>Many dials of one client at a time.</summary>
public sealed class ConcurrentDialTests(ITestOutputHelper output)
{
    [Fact]
    [Trait("Spec", "7.51")]
    public async Task Dials_ManyAtOnce_ShareOneConnectionWithAStreamEach()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();

        // While the first connection is made, .NET's pool may begin another for what waits meanwhile.
        var calls = new List<ScriptedCall> { (await server.ConnectAsync(client)).Call };
        var dials = Enumerable.Range(1, 50).Select(i => client.ConnectAsync($"node{i}:1")).ToArray();
        for (var i = 0; i < dials.Length; i++)
        {
            var call = await server.NextCallAsync();
            calls.Add(call);
            var request = await call.ExpectDialAsync();
            // One connect id for all: it means nothing beyond its stream.
            await call.SendAsync(PacketFactory.DialResponse(request.Random, 1));
            await call.SendDataAsync(1, System.Text.Encoding.UTF8.GetBytes(request.Address));
        }

        var streams = await Task.WhenAll(dials).DefaultTimeout();
        Assert.Single(calls.Select(c => c.ConnectionId).Distinct());
        foreach (var stream in streams)
        {
            var name = new byte[stream.Target.ToString().Length];
            await stream.ReadExactlyAsync(name).DefaultTimeout();
            Assert.Equal(stream.Target.ToString(), System.Text.Encoding.UTF8.GetString(name));
        }
    }

    [Fact]
    [Trait("Spec", "7.51")]
    public async Task Dials_BeyondTheServersStreamLimit_OpenAnotherConnection()
    {
        await using var server = await ScriptedServer.StartAsync(maxStreams: 3);
        await using var client = server.Client();

        var calls = new List<ScriptedCall>();
        for (var i = 0; i < 7; i++)
        {
            calls.Add((await server.ConnectAsync(client)).Call);
        }

        Assert.All(calls.GroupBy(c => c.ConnectionId), connection => Assert.True(connection.Count() <= 3));
        Assert.True(calls.Select(c => c.ConnectionId).Distinct().Count() >= 3);
    }

    [Fact]
    [Trait("Spec", "7.51")]
    public async Task Dials_CancelledAtRandomMoments_LeaveNoStream()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();
        var random = SeededRandom.Create(output.WriteLine);
        var answering = server.AnswerDialsAsync();

        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => DialAsync(random.Next(0, 40)))).DefaultTimeout();

        await server.Open.WaitForAsync(0).DefaultTimeout();
        server.StopAnswering();
        await answering.DefaultTimeout();

        async Task DialAsync(int milliseconds)
        {
            using var cancel = new CancellationTokenSource(milliseconds);
            try
            {
                await using var stream = await client.ConnectAsync("node1:1", cancel.Token);
            }
            catch (OperationCanceledException)
            {
                // As meant.
            }
        }
    }
}
