using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Security;
using System.Text;
using ClusterProxy.Client.Servers;
using ClusterProxy.Client.Tunnels;
using ClusterProxy.Protocol;

namespace ClusterProxy.Client.HttpConnect;

/// <summary>Dials by CONNECT requests, each on a connection of its own.</summary>
internal sealed class HttpConnectDialer(ServerConnector connector, TunnelClientOptions options, ClientMetrics metrics) : IDialer
{
    // An error text is worth a moment, not the whole dial timeout.
    private static readonly TimeSpan ErrorTextTimeout = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<SocketStreamEnd, byte> _ends = new();

    public async Task<IStreamEnd> DialAsync(TunnelTarget target, CancellationToken cancellationToken)
    {
        metrics.ConnectionMoved(null, ConnectionStatus.Created);
        var status = ConnectionStatus.Created;
        ServerConnection? connection = null;
        try
        {
            connection = await connector.ConnectAsync(SslApplicationProtocol.Http11, cancellationToken).ConfigureAwait(false);
            metrics.ConnectionMoved(status, ConnectionStatus.Dialing);
            status = ConnectionStatus.Dialing;
            var response = await RequestAsync(connection.Stream, target, cancellationToken).ConfigureAwait(false);
            var end = new SocketStreamEnd(connection, response, target, options, OnEnded);
            _ends.TryAdd(end, default);
            metrics.ConnectionMoved(status, ConnectionStatus.Ok);
            return end;
        }
        catch (Exception e)
        {
            metrics.ConnectionMoved(status, null);
            if (connection is not null)
            {
                await connection.Stream.DisposeAsync().ConfigureAwait(false);
            }

            if (Translate(e, target) is { } translated)
            {
                throw translated;
            }

            throw;
        }
    }

    public async ValueTask DisposeAsync() =>
        await Task.WhenAll(_ends.Keys.Select(end => end.DisposeAsync().AsTask())).ConfigureAwait(false);

    private async Task<ConnectResponse> RequestAsync(Stream stream, TunnelTarget target, CancellationToken cancellationToken)
    {
        var announced = TunnelFeatures.Connect & ~options.WithoutFeatures;
        var features = announced == TunnelFeatureSet.None ? "" : $"{TunnelHeaders.Features}: {TunnelFeatures.Format(announced)}\r\n";
        var trace = string.Concat(TunnelSettings.TraceHeaders(Activity.Current).Select(static h => $"{h.Key}: {h.Value}\r\n"));
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{features}{trace}\r\n"), cancellationToken).ConfigureAwait(false);
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        var response = await ConnectResponse.ReadAsync(stream, cancellationToken).ConfigureAwait(false);
        if (response.IsEstablished)
        {
            return response;
        }

        using var deadline = new CancellationTokenSource(ErrorTextTimeout, options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var error = await response.ReadErrorTextAsync(stream, either.Token).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        // The server answers 5xx for itself and for the agent; 4xx says that it took the request for a wrong one.
        throw new TunnelConnectException(
            response.Status >= 500 ? DialFailureReason.Endpoint : DialFailureReason.Unknown,
            Text(target, error.Length > 0 ? $"{response.StatusLine}: {error}" : response.StatusLine));
    }

    private void OnEnded(SocketStreamEnd end)
    {
        _ends.TryRemove(end, out _);
        metrics.ConnectionMoved(ConnectionStatus.Ok, null);
    }

    private TunnelConnectException? Translate(Exception e, TunnelTarget target) => e switch
    {
        TunnelConnectException => null,
        ServerConnectException => new(
            DialFailureReason.StreamSetup, $"dialing {target} failed before the server took it: {e.Message}", e),
        InvalidDataException => new(DialFailureReason.Unknown, Text(target, $"{e.Message}; does it serve HTTP-CONNECT?"), e),
        IOException => new(DialFailureReason.TunnelClosed, Text(target, $"{e.Message}; see the server's log, or dial again"), e) { IsUnanswered = true },
        _ => null,
    };

    private string Text(TunnelTarget target, string error) => $"dialing {target} through {connector.Address.Text} failed: {error}";
}
