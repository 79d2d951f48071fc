using System.Runtime.Versioning;
using ClusterProxy.Agent.Servers;

namespace ClusterProxy.Agent.Tests.Servers;

[UnsupportedOSPlatform("windows")]
public sealed class TokenFileTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task DiskThatHangs_IsWaitedForNoLongerThanTheCallerLikes_ByFewThreads_AndTheNextPathIsRead()
    {
        var path = _folder.File("token");
        var file = Open(path);
        using (var disk = new HangingFile(path))
        {
            for (var i = 1; i < TokenFile.MaxHanging; i++)
            {
                using var enough = new CancellationTokenSource();
                var reading = file.ReadAsync(enough.Token);
                await enough.CancelAsync();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading).DefaultTimeout();
            }

            // The path leads elsewhere.
            disk.Replace("t1\n");
            Assert.Equal("t1", (await file.ReadAsync(CancellationToken.None).DefaultTimeout()).Text);
        }

        File.WriteAllText(path, "t2");
        Assert.Equal("t2", (await file.ReadAsync(CancellationToken.None).DefaultTimeout()).Text);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \n")]
    [InlineData("two words")]
    [InlineData("caf\u00e9")]
    public async Task TextThatIsNoToken_IsNone(string text)
    {
        File.WriteAllText(_folder.File("token"), text);

        var error = await Assert.ThrowsAsync<ServerConnectException>(() => Open(_folder.File("token")).ReadAsync(CancellationToken.None)).DefaultTimeout();

        Assert.Equal(ConnectStep.Token, error.Step);
        Assert.Equal($"--service-account-token-path={_folder.File("token")} cannot be read: it holds no token", error.Message);
    }

    private static TokenFile Open(string path) => new(path, new ConnectDeadline(TimeSpan.FromMinutes(1), TimeProvider.System));
}
