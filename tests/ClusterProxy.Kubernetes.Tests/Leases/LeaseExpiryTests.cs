using System.Globalization;
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

    /// <summary>Whoever may write a lease may write any of these.</summary>
    [Theory]
    [InlineData("9999-12-31T23:59:59.999999Z", int.MaxValue, true)]
    [InlineData("9999-12-31T23:59:59.999999Z", int.MinValue, true)]
    [InlineData("0001-01-01T00:00:00Z", int.MinValue, false)]
    [InlineData("0001-01-01T00:00:00Z", int.MaxValue, false)]
    public void Lease_OfAnyTime_HoldsOrNot(string renewed, int duration, bool valid) => Assert.Equal(
        valid,
        LeaseExpiry.IsValid(
            new Lease
            {
                Spec = new LeaseSpec
                {
                    RenewTime = DateTimeOffset.Parse(renewed, CultureInfo.InvariantCulture),
                    LeaseDurationSeconds = duration,
                },
            },
            Now));

    [Fact]
    public void LeaseWithoutSpec_IsExpired() => Assert.False(LeaseExpiry.IsValid(new Lease(), Now));
}
