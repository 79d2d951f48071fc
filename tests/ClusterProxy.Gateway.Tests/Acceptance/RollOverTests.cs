using System.Net;
using System.Net.WebSockets;

namespace ClusterProxy.Gateway.Tests.Acceptance;

/// <summary>
/// Steps 6 and 7 of the acceptance flow through gateway and tunnel: every certificate of the gateway is replaced in the hub, and a watch
/// and an exec that were open before go on.
/// </summary>
public sealed class RollOverTests(HubTunnelBed bed) : IClassFixture<HubTunnelBed>
{
    private const string Maps = TunnelBed.Prefix + "/api/v1/namespaces/default/configmaps";

    [Fact]
    public async Task ServingCertificateAndItsSigner_AreReplaced()
    {
        using var next = new TestCertificates("next serving CA");
        var (oldPem, nextPem) = (bed.CaBundle, next.Authority.ExportCertificatePem());
        var alice = bed.Users.Client("alice");
        using var before = bed.Client(oldPem, alice);
        using var watch = await OpenAsync(before);
        using var exec = await ExecAsync(before);

        // The next signer is trusted before it signs.
        var both = oldPem + "\n" + nextPem;
        bed.PutServing(bed.Serving.Server(), both);
        await Eventually.ObserveAsync(() => Task.FromResult(bed.CaBundle == both));
        Assert.Equal(HttpStatusCode.OK, await AskAnewAsync(both, alice));
        Assert.Equal(HttpStatusCode.OK, await AskAnewAsync(oldPem, alice));
        await GoOnAsync(watch, exec, "trusted");

        bed.PutServing(next.Server(), both);
        await Eventually.ObserveAsync(async () => await AskAnewAsync(nextPem, alice) == HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.OK, await AskAnewAsync(both, alice));
        Assert.Null(await AskAnewAsync(oldPem, alice));
        await GoOnAsync(watch, exec, "signing");

        bed.PutServing(next.Server(), nextPem);
        await Eventually.ObserveAsync(() => Task.FromResult(bed.CaBundle == nextPem));
        Assert.Equal(HttpStatusCode.OK, await AskAnewAsync(nextPem, alice));
        await GoOnAsync(watch, exec, "alone");
    }

    [Fact]
    public async Task FrontProxiesAuthority_IsReplaced()
    {
        using var next = new TestCertificates("next front proxy CA");
        var (oldPem, nextPem) = (bed.FrontProxies.Authority.ExportCertificatePem(), next.Authority.ExportCertificatePem());
        using var before = FrontProxy(bed.FrontProxies);
        using var after = FrontProxy(next);
        await Eventually.ObserveAsync(async () => await AskAsync(before) == HttpStatusCode.OK);
        using var watch = await OpenAsync(before);
        using var exec = await ExecAsync(before);
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(after));

        bed.PutFrontProxies(oldPem + "\n" + nextPem);
        await Eventually.ObserveAsync(async () => await AskAsync(after) == HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.OK, await AskAsync(before));
        await GoOnAsync(watch, exec, "both-proxies");

        bed.PutFrontProxies(nextPem);
        await Eventually.ObserveAsync(async () => await AskAsync(before) == HttpStatusCode.Unauthorized);
        Assert.Equal(HttpStatusCode.OK, await AskAsync(after));
        await GoOnAsync(watch, exec, "next-proxies");
        bed.PutFrontProxies(oldPem);
    }

    [Fact]
    public async Task CertificateForTheCluster_IsReplaced_AndConnectionsOfTheOldEndWhenTheyAreIdle()
    {
        using var client = bed.Client(bed.CaBundle, bed.Users.Client("alice"));
        Put("first");
        await Eventually.ObserveAsync(async () => await AskedAsAsync(client) == "first");
        var started = bed.Managed.WatchesStarted.Value;
        var watch = await OpenAsync(client);
        await Eventually.ObserveAsync(() => Task.FromResult(bed.Managed.Connections == 1));

        Put("second");
        await Eventually.ObserveAsync(async () => await AskedAsAsync(client) == "second");
        await SeesAsync(watch, "after-the-second");

        // The watch has the old one, and whatever is new the new one.
        await Eventually.ObserveAsync(() => Task.FromResult(bed.Managed.Connections == 2));
        Assert.Equal(started + 1, bed.Managed.WatchesStarted.Value);
        watch.Dispose();
        await Eventually.ObserveAsync(() => Task.FromResult(bed.Managed.Connections == 1));
        Assert.Equal("second", await AskedAsAsync(client));
    }

    private void Put(string name) => bed.PutCluster(bed.Managed.Certificates.Client(name));

    private HttpClient FrontProxy(TestCertificates authority)
    {
        var client = bed.Client(bed.CaBundle, authority.Client("front-proxy"));
        client.DefaultRequestHeaders.Add("X-Remote-User", "alice");
        return client;
    }

    private static async Task<HttpStatusCode> AskAsync(HttpClient client)
    {
        using var answer = await client.GetAsync(Maps).DefaultTimeout();
        return answer.StatusCode;
    }

    /// <summary>Over a connection of its own; null when its certificate is not accepted.</summary>
    private async Task<HttpStatusCode?> AskAnewAsync(string authorities, TestCertificate certificate)
    {
        using var client = bed.Client(authorities, certificate);
        try
        {
            return await AskAsync(client);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.SecureConnectionError)
        {
            return null;
        }
    }

    /// <returns>Whom the gateway was on the cluster.</returns>
    private async Task<string> AskedAsAsync(HttpClient client)
    {
        Assert.Equal(HttpStatusCode.OK, await AskAsync(client));
        return bed.Managed.Requests[^1].User!.Name;
    }

    private static async Task<StreamReader> OpenAsync(HttpClient client)
    {
        var answer = await client.GetAsync($"{Maps}?watch=true", HttpCompletionOption.ResponseHeadersRead).DefaultTimeout();
        return new StreamReader(await answer.EnsureSuccessStatusCode().Content.ReadAsStreamAsync().DefaultTimeout());
    }

    private async Task<ClientWebSocket> ExecAsync(HttpClient client)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("v5.channel.k8s.io");
        await socket.ConnectAsync(
            new Uri($"wss://localhost:{bed.Url.Port}{TunnelBed.Prefix}/api/v1/namespaces/default/pods/p/exec?command=cat&stdin=true&stdout=true"),
            client, CancellationToken.None).DefaultTimeout();
        return socket;
    }

    private async Task GoOnAsync(StreamReader watch, ClientWebSocket exec, string name)
    {
        await SeesAsync(watch, name);
        await exec.SendAsync("\0hello"u8.ToArray(), WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None).DefaultTimeout();
        var buffer = new byte[100];
        var received = await exec.ReceiveAsync(buffer.AsMemory(), CancellationToken.None).DefaultTimeout();
        Assert.Equal("\u0001hello"u8.ToArray(), buffer[..received.Count]);
    }

    private async Task SeesAsync(StreamReader watch, string name)
    {
        bed.Managed.Put($$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{{name}}}","namespace":"default"}}""");
        string? line;
        do
        {
            // Before it may come what another test has put there.
            line = await watch.ReadLineAsync().DefaultTimeout();
            Assert.NotNull(line);
        }
        while (!line.Contains($"\"{name}\"", StringComparison.Ordinal));
    }
}
