namespace ClusterProxy.Cli.Tests.Demo;

/// <summary>The demo as users run it, with smaller transfers.</summary>
[Collection(DemoProcess.OneAtATime)]
public sealed class DemoTests
{
    private const string SmallTransfer = "--bytes=4194304";

    [Fact]
    public async Task Demo_AllSteps_PassAndLeaveNothing()
    {
        await using var demo = new DemoProcess(SmallTransfer);

        await demo.WaitForStepAsync(DemoProcess.Steps);
        await demo.Program.WaitForLineAsync($"{DemoProcess.Steps} of {DemoProcess.Steps} steps did what they claim");
        await demo.Program.ExpectExitAsync(0);

        var lines = demo.Program.Lines.Select(static l => l.Text).ToArray();
        Assert.Contains(lines, static l => l.Contains("connection refused", StringComparison.Ordinal));
        Assert.Contains(lines, static l => l.Contains("No agent available", StringComparison.Ordinal));
        Assert.Empty(demo.Folders);
        Assert.Empty(demo.Children);
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
