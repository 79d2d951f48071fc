using System.Globalization;
using System.IO.Pipelines;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Protocol.Tests.Simulation;

/// <summary>The server's end of a frontend's lane: it dials on, and splices what comes of it, as the server's does.</summary>
internal sealed class SimulatedLaneServer(SimulatedWorld world, PipeReader input, PipeWriter output) : SimulatedEnd(world, input, output)
{
    /// <summary>What the frontend waits for, and where it was asked on.</summary>
    private readonly Dictionary<long, (SimulatedDialer Server, SimulatedDial Dial)?> _pending = [];

    private readonly Dictionary<long, ConnectionSplice> _splices = [];
    private long _lastConnectId;

    public override int DialCount => _pending.Count;

    protected override CloseReason Loss => CloseReason.FrontendLost;

    protected override void EndDials()
    {
        foreach (var id in _pending.Keys.ToList())
        {
            Cancel(id);
        }
    }

    protected override void RefuseData(long connectId) => Writer.TrySend(PacketFactory.CloseResponse(connectId, "unrecognized connectID"));

    protected override void HandleControl(Packet packet)
    {
        switch (packet.Type)
        {
            case PacketType.DialReq:
                _pending.Add(packet.DialRequest.Random, null);
                World.Track(DialAsync(packet.DialRequest));
                break;
            case PacketType.DialCls:
                Cancel(packet.CloseDial.Random);
                break;
            case PacketType.CloseReq:
                Close(packet.CloseRequest);
                break;
            case PacketType.HalfClose:
                Find(packet.CloseRequest.ConnectID)?.EndInput();
                break;
            default:
                throw new SimulationException($"the frontend sent {packet.Type}");
        }
    }

    private async Task DialAsync(DialRequest request)
    {
        var number = int.Parse(request.Address.AsSpan("target:".Length), CultureInfo.InvariantCulture);
        while (_pending.ContainsKey(request.Random))
        {
            if (World.FindServer() is not { } server)
            {
                break;
            }

            if (server.TryDial(number) is not { } dial)
            {
                await World.DelayAsync(TimeSpan.FromMilliseconds(10));
                continue;
            }

            _pending[request.Random] = (server, dial);
            await dial.Answered;
            if (dial.Connection is { } connection)
            {
                var transfer = World.Frontends[number].FindTransfer(server.Peer, connection.ConnectId);
                if (_pending.Remove(request.Random))
                {
                    await ServeAsync(request.Random, connection, transfer);
                }
                else
                {
                    Discard(connection, transfer);
                }

                return;
            }

            if (dial.Answer != SimulatedAnswer.TunnelLost)
            {
                break;
            }
        }

        if (_pending.Remove(request.Random))
        {
            Writer.TrySend(PacketFactory.DialResponse(request.Random, "no connection"));
        }
    }

    private async Task ServeAsync(long dialId, TunnelConnection toTarget, SimulatedTransfer transfer)
    {
        var id = ++_lastConnectId;
        var features = TunnelFeatureSet.Credit | (toTarget.CanHalfClose ? TunnelFeatureSet.HalfClose : TunnelFeatureSet.None);
        ConnectionSplice splice = null!;
        var toFrontend = Open(id, TunnelRole.Dialed, features, () => splice.OnFrontendEnded());
        splice = new ConnectionSplice(toTarget, toFrontend, World.Options.Limits, World.Time);
        transfer.Splice = splice;
        transfer.Lane = this;
        _splices.Add(id, splice);
        var answer = PacketFactory.DialResponse(dialId, id);
        answer.DialResponse.Features = TunnelFeatures.Format(features & TunnelFeatureSet.HalfClose);
        Writer.TrySend(answer);
        splice.Start();
        if (IsEnded)
        {
            toFrontend.EndByPeer(Loss);
        }

        await splice.RunAsync();
        _splices.Remove(id);
    }

    private void Cancel(long dialId)
    {
        if (_pending.Remove(dialId, out var asked) && asked is { } on)
        {
            on.Server.TryCancel(on.Dial);
        }
    }

    private void Close(CloseRequest request)
    {
        if (Find(request.ConnectID) is not { } splice)
        {
            Writer.TrySend(PacketFactory.CloseResponse(request.ConnectID, "Unknown connectID"));
        }
        else if (request.Cut)
        {
            splice.Cut(CloseReason.FrontendLost);
        }
        else
        {
            splice.Close();
        }
    }

    private static void Discard(TunnelConnection unwanted, SimulatedTransfer transfer)
    {
        transfer.IsCut = true;
        unwanted.Abort(CloseReason.FrontendClosed);
        unwanted.Output.Complete();
        unwanted.Input.Complete();
    }

    /// <summary>Known as long as its connection lives in the lane.</summary>
    private ConnectionSplice? Find(long connectId) => Connections.Find(connectId) is null ? null : _splices.GetValueOrDefault(connectId);
}
