namespace ClusterProxy.Cli.Tests.Demo;

/// <summary>The demo as users run it, with smaller transfers.</summary>
public sealed class DemoTests
{
    private const int Steps = 11;
    private const int Interrupted = 130;
    private const string SmallTransfer = "--bytes=4194304";

    [Fact]
    public async Task Demo_AllSteps_PassAndLeaveNothing()
    {
        await using var demo = new DemoProcess(SmallTransfer);

        await demo.Program.WaitForLineAsync($"{Steps} of {Steps} steps did what they claim");
        await demo.Program.ExpectExitAsync(0);

        var lines = demo.Program.Lines.Select(static l => l.Text).ToArray();
        for (var step = 1; step <= Steps; step++)
        {
            Assert.Contains(lines, l => l.StartsWith($"{step,2}/{Steps} ok ", StringComparison.Ordinal));
        }

        Assert.Contains(lines, static l => l.Contains("connection refused", StringComparison.Ordinal));
        Assert.Contains(lines, static l => l.Contains("No agent available", StringComparison.Ordinal));
        Assert.Empty(demo.Folders);
        Assert.Empty(demo.Children);
    }

    [SkippableTheory]
    [InlineData("1/11 ok", ProgramSignal.Interrupt)]
    [InlineData("5/11 ok", ProgramSignal.Interrupt)]
    [InlineData("5/11 ok", ProgramSignal.Terminate)]
    public async Task Demo_Signalled_EndsAllAndLeavesNothing(string after, ProgramSignal signal)
    {
        Skip.If(OperatingSystem.IsWindows(), "no POSIX signals on Windows");

        // Long enough that the signal always comes in the middle.
        await using var demo = new DemoProcess("--bytes=1099511627776");
        await demo.Program.WaitForLineAsync(after);
        Assert.Single(demo.Folders);

        demo.Program.Signal(signal);

        await demo.Program.ExpectExitAsync(Interrupted);
        Assert.Empty(demo.Folders);
        Assert.Empty(demo.Children);
    }

    [SkippableTheory]
    [InlineData("5/11 ok", 3, "--bytes=1099511627776")]
    [InlineData("11/11 ok", 4, SmallTransfer, "--keep")]
    public async Task Demo_KilledHard_IsCleanedUpByItsGuard(string after, int children, params string[] arguments)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "reads /proc");
        await using var demo = new DemoProcess(arguments);
        await demo.Program.WaitForLineAsync(after);
        Assert.Equal(children, demo.Children.Count);

        demo.Program.Signal(ProgramSignal.Kill);

        await Eventually.ObserveAsync(() => Task.FromResult(demo.Children.Count + demo.Folders.Count), static left => left == 0);
    }

    [Fact]
    public async Task Demo_OutOfTime_NamesTheStepAndWhatItExpected()
    {
        await using var demo = new DemoProcess("--bytes=1099511627776", "--timeout=15");

        await demo.Program.WaitForLineAsync(static l => l.Contains("--timeout", StringComparison.Ordinal));
        await demo.Program.ExpectExitAsync(1);

        var lines = demo.Program.Lines.Select(static l => l.Text).ToArray();
        Assert.Contains(lines, static l => l.Contains("failed: ", StringComparison.Ordinal));
        Assert.Contains(lines, static l => l.Contains("expected: ", StringComparison.Ordinal));
        Assert.Contains(lines, static l => l.StartsWith("proxy-server (pid ", StringComparison.Ordinal));
        Assert.Empty(demo.Folders);
    }

    [Theory]
    [InlineData("--bytes=0")]
    [InlineData("--bytes=many")]
    [InlineData("--timeout=-1")]
    public async Task Demo_BadValue_SaysWhichFlagAndWhatToWrite(string argument)
    {
        await using var demo = new DemoProcess(argument);

        await demo.Program.WaitForLineAsync($"{argument}: write a number");
        Assert.NotEqual(0, await demo.Program.WaitForExitAsync());
    }
}
