using System.Buffers;
using System.Text;
using ClusterProxy.Server.Frontend;

namespace ClusterProxy.Server.Tests.Frontend;

public sealed class ConnectRequestParserTests
{
    [Theory]
    [InlineData("example.com:443")]
    [InlineData("10.0.0.1:10250")]
    [InlineData("[::1]:1")]
    [InlineData("[2001:db8::5]:65535")]
    [InlineData("node_1.cluster.local:80")]
    public void Parse_GoodTarget_KeepsItAsItIs(string target)
    {
        var request = Parse($"CONNECT {target} HTTP/1.1\r\nHost: other:1\r\n\r\n");

        Assert.Null(request.Refusal);
        Assert.Equal(target, request.Target);
    }

    [Theory]
    [InlineData("example.com")]
    [InlineData("example.com:")]
    [InlineData("example.com:0")]
    [InlineData("example.com:65536")]
    [InlineData("example.com:+80")]
    [InlineData("example.com:http")]
    [InlineData(":443")]
    [InlineData("::1:443")]
    [InlineData("[::1]")]
    [InlineData("[::1")]
    [InlineData("[::1%25eth0]:1")]
    [InlineData("[10.0.0.1]:1")]
    [InlineData("a%2eb:1")]
    [InlineData("a\tb:1")]
    [InlineData("a\u0000b:1")]
    [InlineData("user@host:1")]
    [InlineData("http://host:1")]
    [InlineData("/path:1")]
    [InlineData("h\u00f6st:1")]
    public void Parse_BadTarget_Is400(string target) =>
        Assert.Equal(400, Parse($"CONNECT {target} HTTP/1.1\r\n\r\n").Refusal!.Status);

    [Theory]
    [InlineData("GET http://x/ HTTP/1.1", 405)]
    [InlineData("PRI * HTTP/1.1", 405)]
    [InlineData("connect a:1 HTTP/1.1", 405)]
    [InlineData("CONNECT a:1 HTTP/2.0", 400)]
    [InlineData("CONNECT a:1", 400)]
    [InlineData("CONNECT  a:1 HTTP/1.1", 400)]
    [InlineData("CONNECT a:1 HTTP/1.1 ", 400)]
    [InlineData("", 400)]
    public void Parse_BadRequestLine_IsRefused(string line, int status) =>
        Assert.Equal(status, Parse($"{line}\r\n\r\n").Refusal!.Status);

    [Theory]
    [InlineData("traceparent: p\r\ntracestate: a=1\r\nTraceState:b=2 \r\n", "p", "a=1,b=2")]
    [InlineData("traceparent: p\r\n", "p", "")]
    [InlineData("traceparent: p\r\ntraceparent: q\r\ntracestate: a=1\r\n", "", "")]
    [InlineData("tracestate: a=1\r\n", "", "")]
    public void Parse_TraceContext_IsOneParentAndAllOfItsState(string headers, string parent, string state)
    {
        var request = Parse($"CONNECT a:1 HTTP/1.1\r\nHost: x\r\n{headers}\r\n");

        Assert.Equal((parent, state), (request.TraceParent, request.TraceState));
    }

    [Fact]
    public void Parse_AnyBytes_NeverThrowsAndNeverYieldsATargetThatIsNone()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = new byte[random.Next(1, 60)];
            random.NextBytes(bytes);
            if (i % 2 == 0)
            {
                Encoding.ASCII.GetBytes("CONNECT ").AsSpan()[..Math.Min(8, bytes.Length)].CopyTo(bytes);
            }

            var head = new ReadOnlySequence<byte>([.. bytes, .. "\r\n\r\n"u8]);
            var request = ConnectRequestParser.Parse(head);
            Assert.True(request.Refusal is not null || request.Target.Contains(':', StringComparison.Ordinal), $"seed {seed}, round {i}");
        }
    }

    [Fact]
    public void FindEnd_SplitAnywhere_FindsTheSameEnd()
    {
        var bytes = Encoding.ASCII.GetBytes("CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\nearly");
        for (var cut = 0; cut < bytes.Length; cut++)
        {
            var head = new ReadOnlySequence<byte>(bytes.AsMemory(0, cut));
            var found = ConnectRequestParser.TryFindEnd(head, out var end);
            Assert.Equal(cut >= bytes.Length - 5, found);
            if (found)
            {
                Assert.Equal(bytes.Length - 5, head.Slice(0, end).Length);
            }
        }
    }

    private static ConnectRequest Parse(string head) =>
        ConnectRequestParser.Parse(new ReadOnlySequence<byte>(Encoding.Latin1.GetBytes(head)));
}
