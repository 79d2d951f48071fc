using ClusterProxy.Agent.Targets;

namespace ClusterProxy.Agent.Tests.Targets;

public sealed class ReadSizeTests
{
    [Fact]
    public void FullReads_DoubleIt_ToAWholePacket_AndSmallOnesHalveIt_ToAPage()
    {
        var size = new ReadSize();
        var grown = new List<int>();
        for (var i = 0; i < 6; i++)
        {
            grown.Add(size.Bytes);
            size.Observe(size.Bytes, size.Bytes);
        }

        Assert.Equal([4096, 8192, 16384, 32768, ReadSize.Most, ReadSize.Most], grown);
        size.Observe(size.Bytes, size.Bytes / 2);
        Assert.Equal(ReadSize.Most, size.Bytes);
        for (var i = 0; i < 10; i++)
        {
            size.Observe(size.Bytes, 128);
        }

        Assert.Equal(ReadSize.Least, size.Bytes);
    }
}
