using System.Net.Sockets;
using System.Text;

namespace ClusterProxy.Kubernetes.Tests.Transport;

public sealed class ProxyTests : ApiTest
{
    [Fact]
    public async Task HttpProxy_IsAskedToConnect_AndTlsEndsAtTheServer()
    {
        await using var proxy = await RelayProxy.StartAsync(AnswerConnectAsync);
        var access = Api.Access();

        await Client(access with { Cluster = access.Cluster with { ProxyUrl = new Uri($"http://127.0.0.1:{proxy.Port}") } })
            .GetRawAsync("/version").DefaultTimeout();

        Assert.Equal($"CONNECT {Api.Url.Authority} HTTP/1.1", proxy.Asked);
        Assert.Equal("admin", Api.Requests.Single().User!.Name);
    }

    [Fact]
    public async Task Socks5Proxy_IsAskedToConnect()
    {
        await using var proxy = await RelayProxy.StartAsync(AnswerSocksAsync);
        var access = Api.Access();

        await Client(access with { Cluster = access.Cluster with { ProxyUrl = new Uri($"socks5://127.0.0.1:{proxy.Port}") } })
            .GetRawAsync("/version").DefaultTimeout();

        Assert.Equal($"socks5 127.0.0.1:{Api.Url.Port}", proxy.Asked);
        Assert.Single(Api.Requests);
    }

    private static async Task<(string Asked, string Host, int Port)> AnswerConnectAsync(NetworkStream client)
    {
        var head = new StringBuilder();
        var buffer = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await client.ReadExactlyAsync(buffer);
            head.Append((char)buffer[0]);
        }

        var line = head.ToString().Split("\r\n")[0];
        await client.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray());
        var authority = line.Split(' ')[1].Split(':');
        return (line, authority[0], int.Parse(authority[1], System.Globalization.CultureInfo.InvariantCulture));
    }

    private static async Task<(string Asked, string Host, int Port)> AnswerSocksAsync(NetworkStream client)
    {
        var greeting = new byte[2];
        await client.ReadExactlyAsync(greeting);
        await client.ReadExactlyAsync(new byte[greeting[1]]);
        await client.WriteAsync(new byte[] { 5, 0 });
        var request = new byte[4];
        await client.ReadExactlyAsync(request);
        var length = request[3] == 1 ? 4 : await ReadByteAsync(client);
        var address = new byte[length];
        await client.ReadExactlyAsync(address);
        var port = new byte[2];
        await client.ReadExactlyAsync(port);
        await client.WriteAsync(new byte[] { 5, 0, 0, 1, 0, 0, 0, 0, 0, 0 });
        var host = request[3] == 1 ? new System.Net.IPAddress(address).ToString() : Encoding.ASCII.GetString(address);
        var number = (port[0] << 8) | port[1];
        return ($"socks5 {host}:{number}", host, number);
    }

    private static async Task<int> ReadByteAsync(NetworkStream client)
    {
        var one = new byte[1];
        await client.ReadExactlyAsync(one);
        return one[0];
    }
}
