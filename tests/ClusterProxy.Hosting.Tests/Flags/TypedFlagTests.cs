using System.Net;
using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Hosting.Tests.Flags;

public sealed class TypedFlagTests
{
    private readonly FlagSet _flags = new("tool", "", "");

    [Fact]
    public void Choice_Word_GivesItsValueOrNamesTheWords()
    {
        var type = ChoiceFlagType.Of(("", DayOfWeek.Monday), ("mon", DayOfWeek.Monday), ("tue", DayOfWeek.Tuesday), ("wed", DayOfWeek.Wednesday));
        var flag = _flags.AddParsed("day", DayOfWeek.Monday, "G", "", type);
        Assert.Equal("", flag.DefaultText);
        Assert.Equal(DayOfWeek.Tuesday, _flags.Parse(["--day=tue"], _ => null).Get(flag));
        Assert.Equal(DayOfWeek.Monday, _flags.Parse(["--day="], _ => null).Get(flag));
        Assert.Equal(
            "flag --day: \"Tue\" is none of the known values: write mon, tue or wed", _flags.Parse(["--day=Tue"], _ => null).Text);
    }

    [Fact]
    public void ParsedList_WrongItem_NamesTheItem()
    {
        var flag = _flags.AddParsedList("days", [], "G", "", ChoiceFlagType.Of(("mon", DayOfWeek.Monday), ("tue", DayOfWeek.Tuesday)));
        Assert.Equal([DayOfWeek.Monday, DayOfWeek.Tuesday], _flags.Parse(["--days=mon", "--days=tue"], _ => null).Get(flag));
        Assert.Empty(_flags.Parse(["--days=[]"], _ => null).Get(flag));
        Assert.StartsWith("flag --days: \"fri\" is none", _flags.Parse(["--days=mon,fri"], _ => null).Text);
        Assert.StartsWith("flag --days: \"\"mon\" is none", _flags.Parse(["--days=\"mon"], _ => null).Text);
    }

    [Theory]
    [InlineData("", "::")]
    [InlineData("0.0.0.0", "0.0.0.0")]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("localhost", "127.0.0.1")]
    [InlineData("::1", "::1")]
    public void BindAddress_Text_IsRead(string text, string expected)
    {
        var all = _flags.AddParsed("all", IPAddress.IPv6Any, "G", "", BindAddresses.AllIfEmpty);
        var loopback = _flags.AddParsed("local", IPAddress.Loopback, "G", "", BindAddresses.AllIfEmpty);
        Assert.Equal("", all.DefaultText);
        Assert.Equal("127.0.0.1", loopback.DefaultText);
        Assert.Equal(expected, _flags.Parse([$"--all={text}"], _ => null).Get(all).ToString());
        Assert.Equal(expected, _flags.Parse([$"--local={text}"], _ => null).Get(loopback).ToString());
        Assert.Equal(IPAddress.Loopback, _flags.Parse([], _ => null).Get(loopback));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("example.com")]
    [InlineData("1.2.3.4.5")]
    [InlineData("127.0.0.1:80")]
    public void BindAddress_NoAddress_IsRefused(string text)
    {
        _flags.AddParsed("all", IPAddress.IPv6Any, "G", "", BindAddresses.AllIfEmpty);
        Assert.StartsWith($"flag --all: \"{text}\" is not an IP address", _flags.Parse([$"--all={text}"], _ => null).Text);
    }

    [Theory]
    [InlineData("0.5", 0.5f)]
    [InlineData("50", 50f)]
    [InlineData("1e2", 100f)]
    public void Float_Text_IsRead(string text, float expected)
    {
        var flag = _flags.AddFloat("qps", 0, "G", "");
        Assert.Equal(expected, _flags.Parse([$"--qps={text}"], _ => null).Get(flag));
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData(" 1")]
    [InlineData("1,5")]
    [InlineData("NaN")]
    public void Float_Garbage_IsRefused(string text)
    {
        _flags.AddFloat("qps", 0, "G", "");
        Assert.StartsWith($"flag --qps: \"{text}\" is not a number", _flags.Parse([$"--qps={text}"], _ => null).Text);
    }

    [Fact]
    public void Klog_EveryFlag_IsAcceptedAndOnlyVerbosityActs()
    {
        var klog = new KlogFlags(_flags);
        var result = _flags.Parse(
            [
                "--v=6", "--vmodule=a=1,b=2", "--stderrthreshold=INFO", "--log-backtrace-at=a.go:1", "--log_dir=/tmp", "--log_file=x",
                "--log-file-max-size=5", "--logtostderr=false", "--alsologtostderr", "--legacy-stderr-threshold-behavior=false",
                "--add-dir-header", "--skip-headers", "--skip-log-headers", "--one-output",
            ],
            _ => null);
        Assert.Equal(FlagParseOutcome.Parsed, result.Outcome);
        Assert.Equal(6, klog.Verbosity(result));
        Assert.Equal(4, klog.Verbosity(_flags.Parse([], _ => null)));
        Assert.All(
            _flags.Flags.Where(flag => flag.Group == "Logging" && flag.Name != "v"),
            flag => Assert.Contains("Accepted without effect", flag.Help));
    }

    [Fact]
    public void ToCommandLine_Errors_AreAllTold()
    {
        var good = _flags.Parse([], _ => null).ToCommandLine(_ => "options", _ => []);
        Assert.True(good.ShouldRun);
        Assert.Equal("options", good.Options);

        var bad = _flags.Parse([], _ => null).ToCommandLine(_ => "options", _ => ["one", "two"]);
        Assert.False(bad.ShouldRun);
        var (output, error) = (new StringWriter { NewLine = "\n" }, new StringWriter { NewLine = "\n" });
        Assert.Equal(1, bad.Print(output, error));
        Assert.Equal(("", "one\ntwo\n"), (output.ToString(), error.ToString()));

        var help = _flags.Parse(["--help"], _ => null).ToCommandLine<string>(_ => throw new InvalidOperationException(), _ => []);
        Assert.Equal(0, help.Print(output, error));
        Assert.Contains("Usage:", output.ToString());
    }
}
