using System.Text;

namespace ClusterProxy.Server.Tests.Kit;

/// <summary>HTTP by hand, for a client that must see each byte.</summary>
internal static class RawHttp
{
    public const string Connect = "CONNECT target:1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    public const string Established = "HTTP/1.1 200 Connection Established\r\n\r\n";

    public static async Task SendAsync(this Stream stream, string text)
    {
        await stream.WriteAsync(Encoding.Latin1.GetBytes(text)).DefaultTimeout();
        await stream.FlushAsync().DefaultTimeout();
    }

    public static async Task<string> ReadTextAsync(this Stream stream, int length)
    {
        var bytes = new byte[length];
        await stream.ReadExactlyAsync(bytes).DefaultTimeout();
        return Encoding.Latin1.GetString(bytes);
    }

    public static async Task<string> ReadToEndAsync(this Stream stream)
    {
        using var all = new MemoryStream();
        await stream.CopyToAsync(all).DefaultTimeout();
        return Encoding.Latin1.GetString(all.ToArray());
    }

    /// <summary>A response that ends with the connection.</summary>
    public static async Task<ConnectResult> ReadRefusalAsync(this Stream stream)
    {
        var text = await stream.ReadToEndAsync();
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        Assert.True(end > 0, $"no response head in \"{text}\"");
        var result = new ConnectResult(text[..text.IndexOf('\r', StringComparison.Ordinal)], text[..end], text[(end + 4)..]);
        Assert.Contains($"\r\nContent-Length: {result.Body.Length}\r\n", result.Head + "\r\n", StringComparison.Ordinal);
        return result;
    }
}
