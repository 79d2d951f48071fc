using System.Diagnostics;
using System.Net.WebSockets;

namespace ClusterProxy.LoadTests.Gateway;

/// <summary>From the request to exec to the first byte back, a connection each.</summary>
internal sealed class ExecPart : IGatewayPart
{
    private const int WarmUp = 300;
    private const int Times = 101;

    public string Name => "exec";

    public async Task<IReadOnlyList<GatewayFigure>> RunAsync(GatewayRig rig, GatewaySettings settings, CancellationToken cancellationToken)
    {
        List<double> direct = [], through = [];
        for (var i = 0; i < WarmUp + Times; i++)
        {
            direct.Add(await FirstByteAsync(rig, isDirect: true, cancellationToken));
            through.Add(await FirstByteAsync(rig, isDirect: false, cancellationToken));
        }

        return
        [
            new("first byte straight, p50", Median(direct), "ms"),
            new("first byte added, p50", Median(through) - Median(direct), "ms", 5),
        ];
    }

    private static double Median(List<double> values) => values.Skip(WarmUp).Order().ElementAt(Times / 2);

    private static async Task<double> FirstByteAsync(GatewayRig rig, bool isDirect, CancellationToken cancellationToken)
    {
        using var handler = rig.Handler(1);
        using var client = new HttpMessageInvoker(handler);
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("v5.channel.k8s.io");
        var start = Stopwatch.GetTimestamp();
        await socket.ConnectAsync(new Uri(rig.Url("/api/v1/namespaces/default/pods/p/exec?command=cat", isDirect, "wss")), client, cancellationToken);
        await socket.SendAsync("\0x"u8.ToArray(), WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
        await socket.ReceiveAsync(new byte[64].AsMemory(), cancellationToken);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
