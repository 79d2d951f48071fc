using ClusterProxy.Client;

namespace ClusterProxy.EndToEnd.Tests.Kit;

internal static class Refusal
{
    /// <summary>Waits until dials fail: a server that has begun to leave still serves what comes at the same moment.</summary>
    public static Task ShouldBeRefusedAsync(this TunnelClient client, string address) => Eventually.ObserveAsync(async () =>
    {
        try
        {
            await using var stream = await client.ConnectAsync(address).DefaultTimeout();
            return false;
        }
        catch (TunnelConnectException)
        {
            return true;
        }
    });
}
