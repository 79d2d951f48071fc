using System.Net;
using System.Threading.Channels;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Packets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Client.Tests.Scripted;

/// <summary>A gRPC frontend on Kestrel that leaves every packet to the test.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly Channel<ScriptedCall> _calls = Channel.CreateUnbounded<ScriptedCall>();
    private readonly List<ScriptedCall> _all = [];

    private ScriptedServer(WebApplication application) => _application = application;

    public Uri Address { get; private set; } = null!;

    public ObservedCount Open { get; } = new();

    /// <summary>How many have come.</summary>
    public int CallCount
    {
        get
        {
            lock (_all)
            {
                return _all.Count;
            }
        }
    }

    public static async Task<ScriptedServer> StartAsync(
        TestCertificate? certificate = null, bool requireClientCertificate = false, int maxStreams = 1000, string? unixSocket = null,
        RequestDelegate? instead = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.Http2.MaxStreamsPerConnection = maxStreams;
            Action<ListenOptions> endpoint = listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                if (certificate is not null)
                {
                    listen.UseHttps(certificate.Certificate, https =>
                    {
                        https.ClientCertificateMode = requireClientCertificate ? ClientCertificateMode.RequireCertificate : ClientCertificateMode.NoCertificate;
                        https.AllowAnyClientCertificate();
                    });
                }
            };
            if (unixSocket is not null)
            {
                kestrel.ListenUnixSocket(unixSocket, endpoint);
            }
            else
            {
                kestrel.Listen(IPAddress.Loopback, 0, endpoint);
            }
        });
        var server = new ScriptedServer(builder.Build());
        server._application.Run(instead ?? server.ServeAsync);
        await server._application.StartAsync().DefaultTimeout();
        server.Address = unixSocket is not null ? new Uri($"unix://{unixSocket}") : new Uri(server._application.Urls.Single());
        return server;
    }

    public TunnelClientOptions Options => new() { Address = Address };

    public TunnelClient Client(Action<TunnelClientOptions>? configure = null)
    {
        var options = Options;
        configure?.Invoke(options);
        return new TunnelClient(options);
    }

    public async Task<ScriptedCall> NextCallAsync() => await _calls.Reader.ReadAsync().DefaultTimeout();

    /// <summary>Dials and accepts: both ends of one connection.</summary>
    public async Task<(TunnelStream Stream, ScriptedCall Call)> ConnectAsync(TunnelClient client, string target = "node1:443", long connectId = 1)
    {
        var dial = client.ConnectAsync(target);
        var call = await NextCallAsync();
        await call.AcceptDialAsync(connectId);
        return (await dial.DefaultTimeout(), call);
    }

    /// <summary>As <see cref="ConnectAsync"/>, with an answer that says that the whole way passes half-close on.</summary>
    public async Task<(TunnelStream Stream, ScriptedCall Call)> ConnectHalfCloseableAsync(TunnelClient client)
    {
        var dial = client.ConnectAsync("node1:443");
        var call = await NextCallAsync();
        Assert.Equal(TunnelFeatures.Format(TunnelFeatures.Frontend), call.Features);
        var answer = PacketFactory.DialResponse((await call.ExpectDialAsync()).Random, 1);
        answer.DialResponse.Features = TunnelFeatures.Format(TunnelFeatureSet.HalfClose);
        await call.SendAsync(answer);
        return (await dial.DefaultTimeout(), call);
    }

    /// <summary>Accepts every dial and answers every close until <see cref="StopAnswering"/>.</summary>
    public async Task AnswerDialsAsync()
    {
        var served = new List<Task>();
        await foreach (var call in _calls.Reader.ReadAllAsync())
        {
            served.Add(call.AnswerAllAsync());
        }

        await Task.WhenAll(served);
    }

    /// <summary>Calls as they come, until <see cref="StopAnswering"/>.</summary>
    public IAsyncEnumerable<ScriptedCall> Calls() => _calls.Reader.ReadAllAsync();

    public void StopAnswering() => _calls.Writer.Complete();

    public async ValueTask DisposeAsync()
    {
        lock (_all)
        {
            _all.ForEach(call => call.Abort());
        }

        await _application.DisposeAsync().DefaultTimeout();
    }

    private async Task ServeAsync(HttpContext context)
    {
        var call = new ScriptedCall(context);
        lock (_all)
        {
            _all.Add(call);
        }

        Open.Increment();
        try
        {
            await _calls.Writer.WriteAsync(call);
            await call.RunAsync();
        }
        finally
        {
            Open.Decrement();
        }
    }
}
