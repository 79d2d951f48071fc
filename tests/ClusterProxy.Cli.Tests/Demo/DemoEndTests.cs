namespace ClusterProxy.Cli.Tests.Demo;

/// <summary>A demo that is ended from outside.</summary>
[Collection(DemoProcess.OneAtATime)]
public sealed class DemoEndTests
{
    private const int Interrupted = 130;
    private const string SmallTransfer = "--bytes=4194304";

    [SkippableTheory]
    [InlineData(1, ProgramSignal.Interrupt)]
    [InlineData(5, ProgramSignal.Interrupt)]
    [InlineData(5, ProgramSignal.Terminate)]
    public async Task Demo_Signalled_EndsAllAndLeavesNothing(int step, ProgramSignal signal)
    {
        Skip.If(OperatingSystem.IsWindows(), "no POSIX signals on Windows");

        // Long enough that the signal always comes in the middle.
        await using var demo = new DemoProcess("--bytes=1099511627776");
        await demo.WaitForStepAsync(step);
        Assert.Single(demo.Folders);

        demo.Program.Signal(signal);

        await demo.Program.ExpectExitAsync(Interrupted);
        Assert.Empty(demo.Folders);
        Assert.Empty(demo.Children);
    }

    [SkippableTheory]
    [InlineData(5, 3, "--bytes=1099511627776")]
    [InlineData(DemoProcess.Steps, 4, SmallTransfer, "--keep")]
    public async Task Demo_KilledHard_IsCleanedUpByItsGuard(int step, int children, params string[] arguments)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "reads /proc");
        await using var demo = new DemoProcess(arguments);
        await demo.WaitForStepAsync(step);
        Assert.Equal(children, demo.Children.Count);

        demo.Program.Signal(ProgramSignal.Kill);

        await Eventually.ObserveAsync(() => Task.FromResult(demo.Children.Count + demo.Folders.Count), static left => left == 0);
    }
}
