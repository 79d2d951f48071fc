using ClusterProxy.Kubernetes.Leases;
using ClusterProxy.Kubernetes.Resources;

namespace ClusterProxy.Kubernetes.Tests.Leases;

public sealed class LeaseExpiryTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(-29, null, 30, true)]
    [InlineData(-30, null, 30, false)]
    [InlineData(null, -29, 30, true)]
    [InlineData(-31, 0, 30, false)]
    [InlineData(null, null, 30, false)]
    [InlineData(0, null, null, false)]
    public void Lease_HoldsUntilItsDurationAfterRenewalOrElseAcquisition(int? renewed, int? acquired, int? duration, bool valid) => Assert.Equal(
        valid,
        LeaseExpiry.IsValid(
            new Lease
            {
                Spec = new LeaseSpec
                {
                    RenewTime = renewed is { } r ? Now.AddSeconds(r) : null,
                    AcquireTime = acquired is { } a ? Now.AddSeconds(a) : null,
                    LeaseDurationSeconds = duration,
                },
            },
            Now));

    [Fact]
    public void LeaseWithoutSpec_IsExpired() => Assert.False(LeaseExpiry.IsValid(new Lease(), Now));
}
