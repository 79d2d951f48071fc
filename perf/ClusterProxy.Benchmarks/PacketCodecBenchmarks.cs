using System.Buffers;
using BenchmarkDotNet.Attributes;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using Google.Protobuf;

namespace ClusterProxy.Benchmarks;

/// <summary>The DATA packet by hand against Google.Protobuf, both ways.</summary>
[MemoryDiagnoser]
public class PacketCodecBenchmarks
{
    private const long ConnectId = 123_456;
    private readonly ArrayBufferWriter<byte> _output = new(128 * 1024);
    private byte[] _payload = [];
    private ReadOnlySequence<byte> _message;

    [Params(128, 4 * 1024, 64 * 1024)]
    public int Size { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _payload = new byte[Size];
        _message = new ReadOnlySequence<byte>(Packet(_payload).ToByteArray());
    }

    [Benchmark]
    public long Read() => PacketCodec.Read(_message).Payload.Length;

    [Benchmark]
    public long ReadProtobuf() => Protocol.Messages.Packet.Parser.ParseFrom(_message).Data.Data_.Length;

    [Benchmark]
    public int Write()
    {
        _output.ResetWrittenCount();
        _output.Advance(DataPacket.WriteHeader(_output.GetSpan(DataPacket.MaxHeaderLength), ConnectId, _payload.Length));
        _output.Write(_payload);
        return _output.WrittenCount;
    }

    [Benchmark]
    public int WriteProtobuf()
    {
        _output.ResetWrittenCount();
        var packet = Packet(_payload);
        GrpcFrame.WriteHeader(_output.GetSpan(GrpcFrame.HeaderLength), packet.CalculateSize());
        _output.Advance(GrpcFrame.HeaderLength);
        packet.WriteTo(_output);
        return _output.WrittenCount;
    }

    private static Packet Packet(byte[] payload) => new()
    {
        Type = PacketType.Data,
        Data = new Data { ConnectID = ConnectId, Data_ = UnsafeByteOperations.UnsafeWrap(payload) },
    };
}
