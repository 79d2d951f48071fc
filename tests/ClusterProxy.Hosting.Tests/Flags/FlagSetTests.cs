using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Hosting.Tests.Flags;

public sealed class FlagSetTests
{
    private readonly FlagSet _flags = new("tool", "tool does work.", "1.2.3");
    private readonly Flag<bool> _switch;
    private readonly Flag<int> _port;
    private readonly Flag<int> _verbosity;
    private readonly Flag<long> _size;
    private readonly Flag<string> _name;
    private readonly Flag<TimeSpan> _interval;
    private readonly Flag<IReadOnlyList<string>> _items;

    public FlagSetTests()
    {
        _switch = _flags.AddBool("enable-thing", true, "First", "Turns the thing on.");
        _port = _flags.AddInt("agent-port", 8091, "First", "Port for agents.");
        _verbosity = _flags.AddInt("v", 4, "Second", "Verbosity.", 'v');
        _size = _flags.AddLong("size", 5, "Second", "Bytes.");
        _name = _flags.AddString("name", "", "Second", "A name.", "TOOL_NAME", "random");
        _interval = _flags.AddDuration("interval", TimeSpan.FromHours(1), "Second", "How often.");
        _items = _flags.AddStringList("items", ["x"], "First", "Some items.");
        _flags.AddAlias("old-name", _name);
    }

    [Theory]
    [InlineData("--enable-thing", true)]
    [InlineData("--enable_thing", true)]
    [InlineData("--enable-thing=1", true)]
    [InlineData("--enable-thing=t", true)]
    [InlineData("--enable-thing=T", true)]
    [InlineData("--enable-thing=true", true)]
    [InlineData("--enable-thing=True", true)]
    [InlineData("--enable-thing=TRUE", true)]
    [InlineData("--enable-thing=0", false)]
    [InlineData("--enable-thing=f", false)]
    [InlineData("--enable-thing=F", false)]
    [InlineData("--enable-thing=false", false)]
    [InlineData("--enable-thing=False", false)]
    [InlineData("--enable-thing=FALSE", false)]
    public void Parse_BooleanSpelling_IsRead(string argument, bool expected) =>
        Assert.Equal(expected, Parsed(argument).Get(_switch));

    [Fact]
    public void Parse_TimerThatIsLongerThanTheClocks_IsTheLongest()
    {
        var wait = _flags.AddTimer("wait", TimeSpan.Zero, "Second", "How long.");

        Assert.Equal(TimeSpan.FromHours(500), Parsed("--wait=876000h").Get(wait));
        Assert.Equal(TimeSpan.FromHours(499), Parsed("--wait=499h").Get(wait));
        Assert.Equal(TimeSpan.FromHours(876_000), Parsed("--interval=876000h").Get(_interval));
        Assert.StartsWith("flag --wait: \"1x\" is not a duration", Refused("--wait=1x"), StringComparison.Ordinal);
        using var timer = new CancellationTokenSource(TimeSpan.FromHours(500) * 1.05);
    }

    [Theory]
    [InlineData("yes")]
    [InlineData("")]
    [InlineData("tRUE")]
    [InlineData("on")]
    public void Parse_OtherBooleanSpelling_IsRefused(string value) =>
        Assert.Equal(
            $"flag --enable-thing: \"{value}\" is not a boolean: write true or false", Refused($"--enable-thing={value}"));

    [Fact]
    public void Parse_BareBoolean_LeavesTheNextArgumentAlone() =>
        Assert.Equal(
            "unexpected argument \"false\": a boolean takes its value with an equals sign, write --enable-thing=false",
            Refused("--enable-thing", "false"));

    [Theory]
    [InlineData("8080", 8080)]
    [InlineData("-1", -1)]
    [InlineData("+7", 7)]
    [InlineData("0x1F90", 8080)]
    [InlineData("0b11", 3)]
    [InlineData("0o17", 15)]
    [InlineData("017", 15)]
    [InlineData("0", 0)]
    [InlineData("0x_1F_90", 8080)]
    [InlineData("-2147483648", int.MinValue)]
    public void Parse_Integer_ReadsAsGoDoes(string value, int expected)
    {
        Assert.Equal(expected, Parsed($"--agent-port={value}").Get(_port));
        Assert.Equal(expected, Parsed("--agent-port", value).Get(_port));
    }

    [Theory]
    [InlineData("")]
    [InlineData("80a")]
    [InlineData("8 0")]
    [InlineData("1_000")]
    [InlineData("0x")]
    [InlineData("0x1_")]
    [InlineData("0x__1")]
    [InlineData("08")]
    [InlineData("2147483648")]
    [InlineData("1.5")]
    [InlineData("--1")]
    public void Parse_NoInteger_IsRefusedWithFlagAndValue(string value) =>
        Assert.StartsWith($"flag --agent-port: \"{value}\" is not a whole number", Refused($"--agent-port={value}"));

    [Theory]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    public void Parse_LongInteger_HoldsSixtyFourBits(string value, long expected)
    {
        Assert.Equal(expected, Parsed($"--size={value}").Get(_size));
        Assert.StartsWith("flag --size:", Refused("--size=9223372036854775808"));
    }

    [Fact]
    public void Parse_Duration_IsReadOrRefusedWithTheWayToWriteIt()
    {
        Assert.Equal(TimeSpan.FromSeconds(90), Parsed("--interval=1m30s").Get(_interval));
        Assert.Equal(TimeSpan.FromSeconds(-1), Parsed("--interval", "-1s").Get(_interval));
        Assert.Equal(
            "flag --interval: \"5\" is not a duration: write numbers with units, such as 30s, 500ms or 1h30m",
            Refused("--interval=5"));
    }

    [Theory]
    [InlineData("--items=", "")]
    [InlineData("--items=[]", "")]
    [InlineData("--items=a", "a")]
    [InlineData("--items=a,b", "a|b")]
    [InlineData("--items=[a,b]", "a|b")]
    [InlineData("--items=a,", "a|")]
    [InlineData("--items=\"a,b\",c", "a,b|c")]
    [InlineData("--items=\"say \"\"hi\"\"\"", "say \"hi\"")]
    [InlineData("--items=a=b,c=d", "a=b|c=d")]
    public void Parse_List_ReplacesTheDefault(string argument, string expected) =>
        Assert.Equal(expected, string.Join('|', Parsed(argument).Get(_items)));

    [Fact]
    public void Parse_RepeatedList_Adds() =>
        Assert.Equal(["a", "b", "c"], Parsed("--items=a,b", "--items", "c").Get(_items));

    [Theory]
    [InlineData("\"a")]
    [InlineData("a\"b")]
    [InlineData("\"a\"b")]
    public void Parse_ListWithLooseQuote_IsRefused(string value) =>
        Assert.StartsWith($"flag --items: \"{value}\" is not a comma-separated list", Refused($"--items={value}"));

    [Theory]
    [InlineData("-v", "7")]
    [InlineData("-v=7")]
    [InlineData("-v7")]
    [InlineData("--v=7")]
    [InlineData("--v", "7")]
    public void Parse_Shorthand_IsRead(params string[] args) => Assert.Equal(7, Parsed(args).Get(_verbosity));

    [Fact]
    public void Parse_RepeatedFlag_TakesTheLast() => Assert.Equal("b", Parsed("--name=a", "--name=b").Get(_name));

    [Fact]
    public void Parse_ValueWithEqualsSignOrHyphens_IsKeptWhole()
    {
        Assert.Equal("a=b=c", Parsed("--name=a=b=c").Get(_name));
        Assert.Equal("--size=1", Parsed("--name", "--size=1").Get(_name));
        Assert.Equal("", Parsed("--name=").Get(_name));
        Assert.Equal("", Parsed("--name", "").Get(_name));
        Assert.Equal("under_score", Parsed("--name=under_score").Get(_name));
    }

    [Fact]
    public void Parse_Alias_SetsTheSameFlag() => Assert.Equal("a", Parsed("--old-name=a").Get(_name));

    [Fact]
    public void Parse_Environment_IsBeatenByTheFlagAndBeatsTheDefault()
    {
        Assert.Equal("env", _flags.Parse([], Environment).Get(_name));
        Assert.Equal("arg", _flags.Parse(["--name=arg"], Environment).Get(_name));
        Assert.Equal("", _flags.Parse([], _ => "").Get(_name));
        Assert.False(_flags.Parse([], _ => "").IsSet(_name));

        static string? Environment(string variable) => variable == "TOOL_NAME" ? "env" : null;
    }

    [Fact]
    public void Parse_NothingGiven_GivesDefaults()
    {
        var result = Parsed();
        Assert.True(result.Get(_switch));
        Assert.Equal(8091, result.Get(_port));
        Assert.Equal(["x"], result.Get(_items));
        Assert.Equal(TimeSpan.FromHours(1), result.Get(_interval));
        Assert.False(result.IsSet(_port));
        Assert.True(Parsed("--agent-port=8091").IsSet(_port));
    }

    [Theory]
    [InlineData("--agent-prot", "unknown flag --agent-prot: did you mean --agent-port?")]
    [InlineData("--agentport=1", "unknown flag --agentport: did you mean --agent-port?")]
    [InlineData("--enable", "unknown flag --enable: did you mean --enable-thing?")]
    [InlineData("--hepl", "unknown flag --hepl: did you mean --help?")]
    [InlineData("--qqqqqqqqqqqqqqqq", "unknown flag --qqqqqqqqqqqqqqqq: tool --help lists the flags there are")]
    [InlineData("-name=x", "unknown flag -name=x: write --name=x with two hyphens")]
    [InlineData("-z", "unknown flag -z: tool --help lists the flags there are")]
    [InlineData("serve", "unexpected argument \"serve\": tool takes flags only, remove it or put the flag's name before it")]
    [InlineData("-", "unexpected argument \"-\": tool takes flags only, remove it or put the flag's name before it")]
    [InlineData("--agent-port", "flag --agent-port needs a value: write --agent-port=<int>")]
    [InlineData("-v", "flag -v needs a value: write -v=<int>")]
    public void Parse_Mistake_IsAnsweredInOneSentence(string argument, string expected) =>
        Assert.Equal(expected, Refused(argument));

    [Fact]
    public void Parse_DoubleHyphen_EndsTheFlags()
    {
        Parsed("--agent-port=1", "--");
        Assert.StartsWith("unexpected argument \"--agent-port=1\"", Refused("--", "--agent-port=1"));
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    public void Parse_Help_ListsGroupsWithDefaultsAndSucceeds(string argument)
    {
        var result = _flags.Parse(["--agent-port=1", argument], _ => null);
        Assert.Equal(FlagParseOutcome.HelpRequested, result.Outcome);
        Assert.Equal(0, result.ExitCode);
        Assert.StartsWith("tool does work.\n\nUsage:\n  tool [flags]\n\nFirst:\n      --enable-thing\n", result.Text);
        Assert.Contains("      --agent-port int\n          Port for agents. (default 8091)\n", result.Text);
        Assert.Contains("  -v, --v int\n", result.Text);
        Assert.Contains("A name. [$TOOL_NAME] (default random)", result.Text);
        Assert.Contains("How often. (default 1h0m0s)", result.Text);
        Assert.Contains("Turns the thing on. (default true)", result.Text);
        Assert.Contains("\nHelp:\n  -h, --help\n", result.Text);
        Assert.DoesNotContain("old-name", result.Text);
        Assert.Equal(1, result.Text.Split("\nFirst:\n").Length - 1);
    }

    [Fact]
    public void Parse_Version_PrintsProgramAndVersion()
    {
        var result = _flags.Parse(["--version"], _ => null);
        Assert.Equal((FlagParseOutcome.VersionRequested, 0, "tool 1.2.3"), (result.Outcome, result.ExitCode, result.Text));
        Assert.Equal(FlagParseOutcome.Parsed, _flags.Parse(["--version=false", "--help=false"], _ => null).Outcome);
    }

    [Fact]
    public void Add_SameNameTwice_IsABug() =>
        Assert.Throws<ArgumentException>(() => _flags.AddInt("agent-port", 1, "First", "Again."));

    private FlagParseResult Parsed(params string[] args)
    {
        var result = _flags.Parse(args, _ => null);
        Assert.Equal("", result.Text);
        Assert.Equal(FlagParseOutcome.Parsed, result.Outcome);
        return result;
    }

    private string Refused(params string[] args)
    {
        var result = _flags.Parse(args, _ => null);
        Assert.Equal((FlagParseOutcome.Failed, 1), (result.Outcome, result.ExitCode));
        Assert.DoesNotContain('\n', result.Text);
        return result.Text;
    }
}
