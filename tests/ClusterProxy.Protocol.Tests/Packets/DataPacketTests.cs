using System.Buffers;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Xunit.Abstractions;

namespace ClusterProxy.Protocol.Tests.Packets;

/// <summary>The hand codec against Google.Protobuf, which is the oracle in both directions.</summary>
public sealed class DataPacketTests(ITestOutputHelper output)
{
    private static readonly Config Thorough = Config.QuickThrowOnFailure.WithMaxTest(2000);

    [Fact]
    public void WriteHeader_AnyIdAndPayload_ReadsBackByTheOracle() =>
        Check.One(Thorough, Prop.ForAll<long, byte[]>((id, payload) =>
        {
            if (id == 0 || payload.Length == 0)
            {
                return true;
            }

            var oracle = Packet.Parser.ParseFrom(WriteByHand(id, payload).AsSpan(GrpcFrame.HeaderLength));
            return oracle.Type == PacketType.Data && oracle.Data.ConnectID == id && oracle.Data.Data_.Span.SequenceEqual(payload);
        }));

    [Fact]
    public void WriteHeader_AnyIdAndPayload_IsByteForByteWhatTheOracleWrites() =>
        Check.One(Thorough, Prop.ForAll<long, byte[]>((id, payload) =>
            id == 0 || payload.Length == 0 ||
            WriteByHand(id, payload).AsSpan(GrpcFrame.HeaderLength).SequenceEqual(DataMessage(id, payload).ToByteArray())));

    [Theory]
    [InlineData(1)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(16 * 1024)]
    [InlineData(64 * 1024)]
    [InlineData(3 * 1024 * 1024)]
    public void WriteHeader_LengthsAtVarintEdges_MatchTheOracle(int length)
    {
        var payload = new byte[length];
        foreach (var id in new[] { 1, 127, 128, long.MaxValue, -1, long.MinValue })
        {
            Assert.Equal(DataMessage(id, payload).ToByteArray(), WriteByHand(id, payload)[GrpcFrame.HeaderLength..]);
        }
    }

    [Fact]
    public void TryRead_WhatTheOracleWrites_IsReadWithoutTheOracle() =>
        Check.One(Thorough, Prop.ForAll<long, byte[]>((id, payload) =>
            DataPacket.TryRead(new ReadOnlySequence<byte>(DataMessage(id, payload).ToByteArray()), out var readId, out var read) &&
            readId == id && read.ToArray().AsSpan().SequenceEqual(payload)));

    [Fact]
    public void TryRead_SplitAtEveryByte_SaysTheSame()
    {
        var message = DataMessage(300, [.. Enumerable.Range(0, 40).Select(i => (byte)i)]).ToByteArray();
        for (var first = 0; first <= message.Length; first++)
        {
            for (var second = first; second <= message.Length; second++)
            {
                Assert.True(DataPacket.TryRead(Sequences.Split(message, first, second), out var id, out var payload));
                Assert.Equal(300, id);
                Assert.Equal(40, payload.Length);
                Assert.Equal(39, payload.ToArray()[^1]);
            }
        }
    }

    [Fact]
    public void Read_ShapesTheHandCodecLeavesAlone_SayWhatTheOracleSays()
    {
        byte[] id7 = [0x08, 0x07], id9 = [0x08, 0x09], bytes = [0x1a, 0x02, 1, 2], other = [0x1a, 0x01, 9], error = [0x12, 0x01, (byte)'e'];
        byte[] unknownVarint = [0x98, 0x06, 0x05], unknownBytes = [0x9a, 0x06, 0x01, 0xff];
        byte[][] bodies =
        [
            [], id7, bytes, [.. id7, .. bytes], [.. bytes, .. id7], [.. id7, .. id9, .. bytes], [.. id7, .. bytes, .. other],
            [.. error, .. id7, .. bytes], [.. id7, .. error, .. bytes], [.. unknownVarint, .. id7, .. bytes],
            [.. id7, .. unknownBytes, .. bytes], [.. id7, .. bytes, .. unknownVarint], [0x08, 0x87, 0x00, .. bytes],
            [.. id7, 0x1a, 0x82, 0x00, 1, 2], [.. id7, 0x1a, 0x00],
        ];
        foreach (var body in bodies)
        {
            byte[] data = [0x22, (byte)body.Length, .. body];
            byte[] type = [0x08, 0x04];
            byte[][] messages =
            [
                [.. type, .. data], [.. data, .. type], [.. type, .. data, .. data], [0x08, 0x00, .. type, .. data],
                [.. type, .. data, 0x2a, 0x00], [.. type, 0x2a, 0x00, .. data], [0x08, 0x84, 0x00, .. data],
                [.. type, .. unknownVarint, .. data], [.. type, .. data, .. unknownBytes], [.. type], [.. data],
            ];
            foreach (var message in messages)
            {
                AssertSameAsOracle(message);
            }
        }
    }

    [Fact]
    public void Read_MutatedMessages_AgreeWithTheOracleOrBothRefuse()
    {
        var random = SeededRandom.Create(output.WriteLine);
        for (var round = 0; round < 200_000; round++)
        {
            var payload = new byte[random.Next(0, 24)];
            random.NextBytes(payload);
            var message = DataMessage(random.NextInt64(), payload).ToByteArray();
            for (var mutations = random.Next(0, 4); mutations > 0 && message.Length > 0; mutations--)
            {
                var at = random.Next(message.Length);
                message = random.Next(3) switch
                {
                    0 => [.. message[..at], (byte)random.Next(256), .. message[(at + 1)..]],
                    1 => message[..at],
                    _ => [.. message[..at], (byte)random.Next(256), .. message[at..]],
                };
            }

            AssertSameAsOracle(message);
        }
    }

    [Fact]
    public void Read_VarintLongerThanTenBytes_IsRefused()
    {
        byte[] message = [0x08, 0x04, 0x22, 0x0d, 0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        AssertSameAsOracle(message);
        Assert.Throws<GrpcException>(() => PacketCodec.Read(new ReadOnlySequence<byte>(message)));
    }

    [Fact]
    public void WriteHeader_EmptyPayloadOrNoId_IsABug()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => DataPacket.WriteHeader(new byte[64], 1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => DataPacket.WriteHeader(new byte[64], 0, 1));
    }

    private static void AssertSameAsOracle(byte[] message)
    {
        Packet? oracle = null;
        try
        {
            oracle = Packet.Parser.ParseFrom(message);
        }
        catch (InvalidProtocolBufferException)
        {
            // The oracle refuses: then so must the codec.
        }

        if (oracle is null)
        {
            Assert.Throws<GrpcException>(() => PacketCodec.Read(new ReadOnlySequence<byte>(message)));
            return;
        }

        var read = PacketCodec.Read(new ReadOnlySequence<byte>(message));
        Assert.Equal(oracle.Type, read.Type);
        if (oracle.Type == PacketType.Data)
        {
            Assert.Equal(oracle.Data?.ConnectID ?? 0, read.ConnectId);
            Assert.Equal(oracle.Data?.Data_.ToByteArray() ?? [], read.Payload.ToArray());
        }
        else
        {
            Assert.Equal(oracle, read.Message);
        }
    }

    private static Packet DataMessage(long id, byte[] payload) => new()
    {
        Type = PacketType.Data,
        Data = new Data { ConnectID = id, Data_ = ByteString.CopyFrom(payload) },
    };

    private static byte[] WriteByHand(long id, byte[] payload)
    {
        var header = new byte[DataPacket.MaxHeaderLength];
        var length = DataPacket.WriteHeader(header, id, payload.Length);
        return [.. header[..length], .. payload];
    }
}
