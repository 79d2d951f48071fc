using System.Net;
using System.Net.Sockets;
using ClusterProxy.Hosting.Transport;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace ClusterProxy.Hosting.Tests.Transport;

public sealed class ConnectionFeaturesTests : IAsyncDisposable
{
    private readonly Socket _peer = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly DirectSocketConnection _connection;

    public ConnectionFeaturesTests()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        _peer.Connect(listener.LocalEndPoint!);
        _connection = new DirectSocketConnection("1", listener.Accept(), TimeProvider.System);
    }

    [Fact]
    public void Get_OwnFeature_IsTheConnection()
    {
        Assert.Same(_connection, _connection.Features.Get<IConnectionIdFeature>());
        Assert.Same(_connection, _connection.Features.Get<IConnectionSocketFeature>());
        Assert.Same(_connection, _connection.Features.Get<DirectSocketConnection>());
        Assert.Null(_connection.Features.Get<IConnectionUserFeature>());
    }

    [Fact]
    public void Set_OwnFeature_ReplacesTheConnectionUntilItIsTakenBack()
    {
        var other = new OtherSocket(_peer);
        var before = _connection.Features.Revision;

        _connection.Features.Set<IConnectionSocketFeature>(other);
        Assert.Same(other, _connection.Features.Get<IConnectionSocketFeature>());
        Assert.Same(other, Assert.Single(_connection.Features, static f => f.Key == typeof(IConnectionSocketFeature)).Value);
        Assert.NotEqual(before, _connection.Features.Revision);

        _connection.Features.Set<IConnectionSocketFeature>(null);
        Assert.Same(_connection, _connection.Features.Get<IConnectionSocketFeature>());
    }

    [Fact]
    public void Set_AddedFeature_IsListedOnceAndLeavesAgain()
    {
        _connection.Features.Set("first");
        _connection.Features.Set("second");
        Assert.Equal("second", Assert.Single(_connection.Features, static f => f.Key == typeof(string)).Value);

        _connection.Features.Set<string>(null);
        Assert.Null(_connection.Features.Get<string>());
        Assert.DoesNotContain(_connection.Features, static f => f.Key == typeof(string));
    }

    [Fact]
    public void Features_AsDefaultsOfAnotherCollection_AreFoundThere()
    {
        var outer = new FeatureCollection(_connection.Features);

        Assert.Same(_connection, outer.Get<IConnectionLifetimeFeature>());
        Assert.Contains(outer, f => ReferenceEquals(f.Value, _connection));
    }

    public async ValueTask DisposeAsync()
    {
        _peer.Dispose();
        await _connection.DisposeAsync();
    }

    private sealed class OtherSocket(Socket socket) : IConnectionSocketFeature
    {
        public Socket Socket => socket;
    }
}
