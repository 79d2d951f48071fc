namespace ClusterProxy.Cli.Tests.Demo;

/// <summary>A demo that is ended from outside, in a class of its own so that it runs beside the others.</summary>
public sealed class DemoEndTests
{
    private const int Interrupted = 130;
    private const string SmallTransfer = "--bytes=4194304";

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
}
