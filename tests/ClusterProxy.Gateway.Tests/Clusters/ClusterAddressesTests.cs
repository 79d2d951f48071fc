using System.Net;
using ClusterProxy.Gateway.Clusters;

namespace ClusterProxy.Gateway.Tests.Clusters;

public sealed class ClusterAddressesTests
{
    [Theory]
    [InlineData("169.254.169.254")]
    [InlineData("169.254.0.1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("fe80::1")]
    [InlineData("febf::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("::ffff:0.0.0.0")]
    public void MetadataAndNobodysAddresses_AreRefused_WhoeverWroteThem(string address)
    {
        Assert.NotNull(Objection(address, isOfFile: false));
        Assert.NotNull(Objection(address, isOfFile: true));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    public void Loopback_IsForFiles(string address)
    {
        Assert.NotNull(Objection(address, isOfFile: false));
        Assert.Null(Objection(address, isOfFile: true));
    }

    [Theory]
    [InlineData("10.0.0.1")]
    [InlineData("169.253.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("fec0::1")]
    [InlineData("fd00:ec2::253")]
    [InlineData("2001:db8::1")]
    public void WhateverElse_IsDialled(string address) => Assert.Null(Objection(address, isOfFile: false));

    [Theory]
    [InlineData("169.254.169.254", "169.254.169.254/32", true)]
    [InlineData("::ffff:169.254.169.254", "169.254.169.254/32", true)]
    [InlineData("169.254.169.253", "169.254.169.254/32", false)]
    [InlineData("127.0.0.1", "127.0.0.0/8", true)]
    [InlineData("::1", "127.0.0.0/8", false)]
    public void AllowedNetwork_OpensWhatLiesInIt(string address, string network, bool isOpen) =>
        Assert.Equal(isOpen, Objection(address, isOfFile: false, IPNetwork.Parse(network)) is null);

    [Fact]
    public void Objection_SaysWhatWouldAllowIt() => Assert.EndsWith(
        "correct it, or allow it with --allow-cluster-networks=127.0.0.1/32", Objection("127.0.0.1", isOfFile: false), StringComparison.Ordinal);

    private static string? Objection(string address, bool isOfFile, params IPNetwork[] allowed) =>
        new ClusterAddresses(allowed).Objection(IPAddress.Parse(address), isOfFile);
}
