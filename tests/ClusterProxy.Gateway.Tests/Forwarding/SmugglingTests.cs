using ClusterProxy.Gateway.Tests.Kit;

namespace ClusterProxy.Gateway.Tests.Forwarding;

/// <summary>Bytes that two parsers may split in two ways: the cluster sees one request or none, and never the one inside.</summary>
public sealed class SmugglingTests : ForwarderTest
{
    private const string Inner = "GET /smuggled HTTP/1.1\r\nHost: x\r\nX-Remote-User: root\r\n\r\n";

    public static TheoryData<string, string> Corpus => new()
    {
        { "bare LF in the head", "GET /alpha/x HTTP/1.1\nHost: g\nX-Remote-User: root\n\n" },
        { "bare LF in a value", "GET /alpha/x HTTP/1.1\r\nHost: g\r\nX: a\nX-Remote-User: root\r\n\r\n" },
        { "bare CR in a value", "GET /alpha/x HTTP/1.1\r\nHost: g\r\nX: a\rX-Remote-User: root\r\n\r\n" },
        { "NUL in a value", "GET /alpha/x HTTP/1.1\r\nHost: g\r\nX: a\0b\r\n\r\n" },
        { "space before the colon", "GET /alpha/x HTTP/1.1\r\nHost: g\r\nX-Remote-User : root\r\n\r\n" },
        { "folded line", "GET /alpha/x HTTP/1.1\r\nHost: g\r\nX: a\r\n X-Remote-User: root\r\n\r\n" },
        { "two equal lengths", $"POST /alpha/x HTTP/1.1\r\nHost: g\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello{Inner}" },
        { "two lengths", $"POST /alpha/x HTTP/1.1\r\nHost: g\r\nContent-Length: 5\r\nContent-Length: {5 + Inner.Length}\r\n\r\nhello{Inner}" },
        { "list of lengths", $"POST /alpha/x HTTP/1.1\r\nHost: g\r\nContent-Length: 5, 5\r\n\r\nhello{Inner}" },
        { "signed length", $"POST /alpha/x HTTP/1.1\r\nHost: g\r\nContent-Length: +5\r\n\r\nhello{Inner}" },
        { "negative length", $"POST /alpha/x HTTP/1.1\r\nHost: g\r\nContent-Length: -1\r\n\r\n{Inner}" },
        { "length and chunks", $"POST /alpha/x HTTP/1.1\r\nHost: g\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{Inner}" },
        { "chunks and length", $"POST /alpha/x HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\nContent-Length: {Inner.Length + 5}\r\n\r\n0\r\n\r\n{Inner}" },
        { "odd transfer coding", $"POST /alpha/x HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: xchunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n{Inner}" },
        { "coding with a tab", $"POST /alpha/x HTTP/1.1\r\nHost: g\r\nTransfer-Encoding:\tchunked, identity\r\n\r\n0\r\n\r\n{Inner}" },
        { "coding by underscore", $"POST /alpha/x HTTP/1.1\r\nHost: g\r\nTransfer_Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n{Inner}" },
        { "chunk extension with LF", $"POST /alpha/x HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n5;a\nb\r\nhello\r\n0\r\n\r\n{Inner}" },
        { "chunk ended by LF", $"POST /alpha/x HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n{Inner}" },
        { "huge chunk", $"POST /alpha/x HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n{Inner}" },
        { "body of a GET", $"GET /alpha/x HTTP/1.1\r\nHost: g\r\nContent-Length: {Inner.Length}\r\n\r\n{Inner}" },
        { "upgrade with a body", $"POST /alpha/x HTTP/1.1\r\nHost: g\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nContent-Length: {Inner.Length}\r\n\r\n{Inner}" },
        { "upgrade to HTTP/2", $"GET /alpha/x HTTP/1.1\r\nHost: g\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n" },
        { "expectation", $"POST /alpha/x HTTP/1.1\r\nHost: g\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello{Inner}" },
        { "absolute target", "GET https://evil/alpha/x HTTP/1.1\r\nHost: g\r\nX-Remote-User: root\r\n\r\n" },
        { "tab in the line", "GET /alpha/x\tHTTP/1.1\r\nHost: g\r\n\r\n" },
        { "two targets", "GET /alpha/x /alpha/smuggled HTTP/1.1\r\nHost: g\r\n\r\n" },
        { "no host", "GET /alpha/x HTTP/1.1\r\nX-Remote-User: root\r\n\r\n" },
        { "two hosts", "GET /alpha/x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" },
    };

    [Theory]
    [MemberData(nameof(Corpus))]
    public async Task Request_OfTwoReadings_IsOneOrNone(string name, string bytes)
    {
        await using var cluster = new RawCluster(Gateway.Certificates);
        Gateway.AddCluster("alpha", cluster.Port);

        // A plain request behind it makes the gateway close, whatever it took the first for.
        var answer = await Gateway.ExchangeAsync(bytes + "GET /none HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n");

        Assert.True(answer.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) || answer.Length == 0, $"{name}: {answer}");
        Assert.InRange(cluster.Requests.Items.Count, 0, 1);
        Assert.All(cluster.Requests.Items, static request =>
        {
            Assert.EndsWith(" /x HTTP/1.1", request.Line, StringComparison.Ordinal);
            Assert.DoesNotContain(request.Headers, static h => h.Key.Replace('_', '-').StartsWith("X-Remote-", StringComparison.OrdinalIgnoreCase));
            Assert.Empty(request.Values("Expect"));
            Assert.Empty(request.Values("HTTP2-Settings"));
        });
    }
}
