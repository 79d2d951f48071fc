using System.Diagnostics.Metrics;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Packets;
using Microsoft.Extensions.DependencyInjection;

namespace ClusterProxy.Client.Tests;

public sealed class ClientMetricsTests : IDisposable
{
    private const string Prefix = "konnectivity_network_proxy_client_";
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly MeterListener _listener = new();
    private readonly ObservedList<string> _changes = new();

    public ClientMetricsTests()
    {
        var factory = _services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == factory && instrument.Meter.Name == "ClusterProxy.Client")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => _changes.Add(
            $"{instrument.Name.Replace(Prefix, "", StringComparison.Ordinal)}{{{string.Join(',', tags.ToArray().Select(t => t.Value))}}} {value:+0;-0}"));
        _listener.Start();
    }

    public void Dispose()
    {
        _listener.Dispose();
        _services.Dispose();
    }

    [Fact]
    [Trait("Spec", "7.47")]
    public async Task Connection_Lives_MovesThroughTheStatuses()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using (var client = server.Client(o => o.MeterFactory = _services.GetRequiredService<IMeterFactory>()))
        {
            var (stream, call) = await server.ConnectAsync(client);
            await stream.WriteAsync(new byte[1]);
            await call.ExpectDataAsync(1);
            await Task.WhenAll(stream.CloseAsync(), call.AnswerCloseAsync()).DefaultTimeout();
        }

        Assert.Equal(
            [
                "client_connections{created} +1", "client_connections{created} -1", "client_connections{dialing} +1",
                "client_connections{dialing} -1", "client_connections{ok} +1", "client_connections{ok} -1",
            ],
            Of("client_connections"));
        Assert.Equal(
            [
                "stream_packets_total{from_client,CLOSE_REQ} +1", "stream_packets_total{from_client,DATA} +1",
                "stream_packets_total{from_client,DIAL_REQ} +1", "stream_packets_total{to_client,CLOSE_RSP} +1",
                "stream_packets_total{to_client,DIAL_RSP} +1",
            ],
            Of("stream_packets_total").Order(StringComparer.Ordinal));
        Assert.Empty(Of("dial_failure_total"));
    }

    [Fact]
    public async Task Dial_Fails_IsCountedByReason()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using (var client = server.Client(o => o.MeterFactory = _services.GetRequiredService<IMeterFactory>()))
        {
            var dial = client.ConnectAsync("node1:1");
            var call = await server.NextCallAsync();
            await call.SendAsync(PacketFactory.DialResponse((await call.ExpectDialAsync()).Random, "connection refused"));
            await Assert.ThrowsAsync<TunnelConnectException>(() => dial).DefaultTimeout();
            await call.EndAsync();

            dial = client.ConnectAsync("node1:1");
            for (var i = 0; i < 2; i++)
            {
                call = await server.NextCallAsync();
                await call.ExpectDialAsync();
                await call.EndAsync(GrpcStatusCode.Unavailable);
            }

            await Assert.ThrowsAsync<TunnelConnectException>(() => dial).DefaultTimeout();
        }

        Assert.Equal(["clusterproxy_client_dials_repeated_total{} +1"], Of("clusterproxy_client_dials_repeated_total"));

        Assert.Equal(["dial_failure_total{endpoint} +1", "dial_failure_total{tunnelclosed} +1"], Of("dial_failure_total"));
        Assert.Equal(Enumerable.Repeat("stream_errors_total{to_client,Unavailable,Unknown} +1", 2), Of("stream_errors_total"));
        Assert.Equal(0, Of("client_connections").Sum(c => int.Parse(c.Split(' ')[1])));
    }

    [Fact]
    public async Task Client_WithoutFactory_HasAMeterOfItsOwn()
    {
        await using var client = new TunnelClient(new TunnelClientOptions { Address = new Uri("unix:///x") });
    }

    [Fact]
    public void Reasons_All_HaveTheirOwnName()
    {
        var names = Enum.GetValues<DialFailureReason>().Select(r => r.ToTag()).ToArray();

        Assert.Equal(names.Length, names.Distinct(StringComparer.Ordinal).Count());
        Assert.All(names, n => Assert.Matches("^[a-z]+$", n));
        Assert.Throws<ArgumentOutOfRangeException>(() => ((DialFailureReason)99).ToTag());
    }

    private IReadOnlyList<string> Of(string name) => [.. _changes.Items.Where(c => c.StartsWith(name, StringComparison.Ordinal))];
}
