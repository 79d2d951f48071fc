using System.Net.Security;
using System.Security.Authentication;
using ClusterProxy.Protocol.Tls;

namespace ClusterProxy.Protocol.Tests.Tls;

public sealed class TlsBuffersTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    /// <summary>It fails when another .NET keeps OpenSSL's handle elsewhere: then an idle connection costs 32 KiB more.</summary>
    [SkippableTheory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Release_OfBothEnds_TakesEffect_AndLosesNothing(SslProtocols version)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Linux: the buffers are OpenSSL's");
        var (near, far) = await TlsPair.ConnectAsync(_certificates, version).DefaultTimeout();
        await using var nearOwner = near;
        await using var farOwner = far;

        Assert.True(TlsBuffers.ReleaseWhenIdle(near));
        Assert.True(TlsBuffers.ReleaseWhenIdle(far));

        // Less than a record, a whole one, many: each leaves the buffers empty in between, or with a part in them.
        foreach (var length in (int[])[1, 5000, 16 * 1024, 300_000, 7])
        {
            await EchoAsync(near, far, SeededBytes.Create(length, length)).DefaultTimeout();
            await EchoAsync(far, near, SeededBytes.Create(length + 1, length)).DefaultTimeout();
        }
    }

    [Fact]
    public void Release_BeforeAHandshake_DoesNothing()
    {
        using var tls = new SslStream(new MemoryStream());

        Assert.False(TlsBuffers.ReleaseWhenIdle(tls));
    }

    private static async Task EchoAsync(SslStream from, SslStream to, byte[] bytes)
    {
        var sending = from.WriteAsync(bytes).AsTask();
        var got = new byte[bytes.Length];
        await to.ReadExactlyAsync(got);
        await sending;
        Assert.Equal(bytes, got);
    }
}
