namespace ClusterProxy.Interop.Tests.Raw;

/// <summary>What clients call the server they speak to: Go's gRPC names a Unix socket by its path.</summary>
[Collection(nameof(RawServers))]
public sealed class AuthorityTests(RawServerFixture fixture)
{
    [Theory]
    [InlineData("/etc/kubernetes/konnectivity-server/konnectivity-server.socket")]
    [InlineData("%2Fetc%2Fkubernetes%2Fkonnectivity-server%2Fkonnectivity-server.socket")]
    [InlineData("konnectivity-server.socket")]
    [InlineData("127.0.0.1:8090")]
    [InlineData("[::1]:8090")]
    [InlineData("")]
    public async Task Call_ByWhateverName_IsServed(string authority)
    {
        foreach (var port in Enum.GetValues<ServerPort>())
        {
            await using var http = await RawHttp2.StartAsync(await RawAccess.OpenAsync(fixture.Server, port, "h2"));
            await http.SendAsync([
                .. RawHttp2.CallAs(authority, 1, RawAccess.MethodOf(port), ("agentid", "a1")),
                .. RawHttp2.Frame(RawFrame.Data, RawFrame.EndStream, 1, []),
            ]);

            Assert.Equal(0, await http.ReadStatusAsync(1));
        }

        await fixture.VerifyUntouchedAsync();
    }
}
