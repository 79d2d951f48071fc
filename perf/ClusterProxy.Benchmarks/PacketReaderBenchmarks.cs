using System.Buffers;
using System.IO.Pipelines;
using BenchmarkDotNet.Attributes;
using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.Benchmarks;

/// <summary>Packets out of a byte stream that arrives in reads of 16 KiB, so that some packets span two.</summary>
[MemoryDiagnoser]
public class PacketReaderBenchmarks
{
    private const int TotalPayload = 1024 * 1024;
    private const int ReadSize = 16 * 1024;
    private ReadOnlySequence<byte> _stream;

    [Params(128, 4 * 1024, 64 * 1024)]
    public int Size { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        var bytes = new ArrayBufferWriter<byte>(TotalPayload * 2);
        for (var i = 0; i < TotalPayload / Size; i++)
        {
            bytes.Advance(DataPacket.WriteHeader(bytes.GetSpan(DataPacket.MaxHeaderLength), i + 1, Size));
            bytes.Write(new byte[Size]);
        }

        _stream = Segments.Split(bytes.WrittenMemory, ReadSize);
    }

    /// <summary>One operation is a mebibyte of payload.</summary>
    [Benchmark]
    public async Task<long> ReadMebibyte()
    {
        var input = PipeReader.Create(_stream);
        var reader = new PacketReader(input);
        long total = 0;
        while (await reader.ReadAsync(CancellationToken.None))
        {
            while (reader.TryRead(out var packet))
            {
                total += packet.Payload.Length;
            }
        }

        return total;
    }
}
