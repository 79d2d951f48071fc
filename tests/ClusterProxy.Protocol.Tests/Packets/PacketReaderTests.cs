using System.Buffers;
using System.IO.Pipelines;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.Protocol.Tests.Packets;

public sealed class PacketReaderTests
{
    [Fact]
    public async Task Read_StreamCutAtEveryByte_YieldsTheSamePackets()
    {
        var stream = Stream();
        for (var cut = 0; cut <= stream.Length; cut++)
        {
            var pipe = new Pipe();
            var reading = ReadAllAsync(new PacketReader(pipe.Reader));
            await pipe.Writer.WriteAsync(stream.AsMemory(0, cut)).DefaultTimeout();
            await pipe.Writer.WriteAsync(stream.AsMemory(cut)).DefaultTimeout();
            await pipe.Writer.CompleteAsync();
            Assert.Equal(["DialReq", "Data 5 hello", "CloseRsp", "Drain"], await reading.DefaultTimeout());
        }
    }

    [Fact]
    public async Task Read_AfterOnePacketOfSeveral_GivesTheOthersWithoutWaitingForMore()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(Stream()).DefaultTimeout();
        var reader = new PacketReader(pipe.Reader);
        Assert.True(await reader.ReadAsync(CancellationToken.None).DefaultTimeout());
        Assert.True(reader.TryRead(out var first));
        Assert.Equal(PacketType.DialReq, first.Type);

        Assert.True(await reader.ReadAsync(CancellationToken.None).DefaultTimeout());
        Assert.True(reader.TryRead(out var second));
        Assert.Equal(PacketType.Data, second.Type);
        await pipe.Writer.CompleteAsync();
        Assert.Equal(["CloseRsp", "Drain"], await ReadAllAsync(reader).DefaultTimeout());
    }

    [Fact]
    public async Task Read_StreamTruncatedInsideAMessage_Fails()
    {
        var stream = Stream();
        var boundaries = new List<int> { 0 };
        for (var at = 0; at < stream.Length;)
        {
            at += GrpcFrame.HeaderLength + stream[at + 4];
            boundaries.Add(at);
        }

        for (var cut = 0; cut < stream.Length; cut++)
        {
            var reader = new PacketReader(PipeReader.Create(new ReadOnlySequence<byte>(stream.AsMemory(0, cut))));
            if (boundaries.Contains(cut))
            {
                await ReadAllAsync(reader).DefaultTimeout();
            }
            else
            {
                var e = await Assert.ThrowsAsync<GrpcException>(() => ReadAllAsync(reader)).DefaultTimeout();
                Assert.Equal(GrpcStatusCode.Internal, e.Status.Code);
            }
        }
    }

    [Theory]
    [InlineData(new byte[] { 1, 0, 0, 0, 0 }, GrpcStatusCode.Unimplemented)]
    [InlineData(new byte[] { 2, 0, 0, 0, 0 }, GrpcStatusCode.Internal)]
    [InlineData(new byte[] { 0, 0, 64, 0, 1 }, GrpcStatusCode.ResourceExhausted)]
    [InlineData(new byte[] { 0, 255, 255, 255, 255 }, GrpcStatusCode.ResourceExhausted)]
    [InlineData(new byte[] { 0, 0, 0, 0, 1, 0xff }, GrpcStatusCode.Internal)]
    public async Task Read_BadFrame_FailsWithItsCode(byte[] stream, GrpcStatusCode expected)
    {
        var reader = new PacketReader(PipeReader.Create(new ReadOnlySequence<byte>(stream)));
        var e = await Assert.ThrowsAsync<GrpcException>(() => ReadAllAsync(reader)).DefaultTimeout();
        Assert.Equal(expected, e.Status.Code);
    }

    [Fact]
    public void Read_UnknownTypeAndField_IsDelivered()
    {
        var packet = PacketCodec.Read(new ReadOnlySequence<byte>(new byte[] { 0x08, 0x63, 0xa2, 0x06, 0x01, 0x00 }));
        Assert.Equal((PacketType)99, packet.Type);
    }

    private static byte[] Stream()
    {
        var output = new ArrayBufferWriter<byte>();
        PacketCodec.Write(output, PacketFactory.DialRequest("tcp", "a:1", 7));
        output.Advance(DataPacket.WriteHeader(output.GetSpan(DataPacket.MaxHeaderLength), 5, 5));
        output.Write("hello"u8);
        PacketCodec.Write(output, PacketFactory.CloseResponse(5));
        PacketCodec.Write(output, PacketFactory.Drain());
        return output.WrittenSpan.ToArray();
    }

    private static async Task<List<string>> ReadAllAsync(PacketReader reader)
    {
        var packets = new List<string>();
        while (await reader.ReadAsync(CancellationToken.None))
        {
            while (reader.TryRead(out var packet))
            {
                packets.Add(packet.Type == PacketType.Data
                    ? $"Data {packet.ConnectId} {System.Text.Encoding.ASCII.GetString(packet.Payload.ToArray())}"
                    : packet.Type.ToString());
            }
        }

        return packets;
    }
}
