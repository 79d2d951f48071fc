using System.Net;
using System.Net.Sockets;

namespace ClusterProxy.Interop.Tests.Kit;

public sealed class ProgramTests
{
    [Fact]
    public async Task ProgramProcess_Line_IsSeenFromBothStreams()
    {
        await using var program = ProgramProcess.Start("sh", ["-c", "echo to out; echo to err >&2; read line; echo got $line; exit 3"]);

        await program.WaitForLineAsync("to out");
        await program.WaitForLineAsync("to err");
        await program.WriteLineAsync("word");

        await program.WaitForLineAsync("got word");
        await program.ExpectExitAsync(3);
    }

    [Fact]
    public async Task ProgramProcess_EndBeforeTheLine_FailsAtOnceWithItsOutput()
    {
        await using var program = ProgramProcess.Start("sh", ["-c", "echo the reason; exit 1"]);

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => program.WaitForLineAsync("never"));

        Assert.Contains("the reason", error.Message, StringComparison.Ordinal);
        Assert.Contains("exit code 1", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ProgramSignal.Terminate, "got TERM", 7)]
    [InlineData(ProgramSignal.Interrupt, "got INT", 8)]
    public async Task ProgramProcess_Signal_ReachesTheProgram(ProgramSignal signal, string line, int code)
    {
        await using var program = ProgramProcess.Start(
            "sh", ["-c", "trap 'echo got TERM; exit 7' TERM; trap 'echo got INT; exit 8' INT; echo ready; read line"]);
        await program.WaitForLineAsync("ready");

        program.Signal(signal);

        await program.WaitForLineAsync(line);
        await program.ExpectExitAsync(code);
    }

    [Fact]
    public async Task ProgramProcess_Kill_IsSignalNine()
    {
        await using var program = ProgramProcess.Start("sh", ["-c", "echo ready; read line"]);
        await program.WaitForLineAsync("ready");

        program.Signal(ProgramSignal.Kill);

        await program.ExpectExitAsync(128 + 9);
    }

    [Fact]
    public void FreePorts_ManyReservations_AreDistinctAndBindable()
    {
        using var ports = new FreePorts();

        var reserved = ports.Next(50);

        Assert.Equal(50, reserved.Distinct().Count());
        Assert.All(reserved, port =>
        {
            Assert.InRange(port, 10_000, 32_000);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
        });
    }

    [Fact]
    public void BuiltPrograms_AreFound()
    {
        Assert.True(File.Exists(BuiltProgram.ProxyServer));
        Assert.True(File.Exists(BuiltProgram.ProxyAgent));
    }
}
