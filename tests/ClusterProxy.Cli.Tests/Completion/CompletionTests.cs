using ClusterProxy.Cli.Completion;

namespace ClusterProxy.Cli.Tests.Completion;

public sealed class CompletionTests
{
    [SkippableTheory]
    [InlineData("clusterproxy he", "health")]
    [InlineData("clusterproxy health alpha --trans", "--transport")]
    [InlineData("clusterproxy health alpha --transport h", "http-connect")]
    [InlineData("clusterproxy completion zs", "zsh")]
    [InlineData("clusterproxy doc", "doctor")]
    [InlineData("clusterproxy doctor --agent-ad", "--agent-address")]
    public async Task Bash_Script_CompletesFromTheProgramItself(string line, string expected)
    {
        Skip.IfNot(OutsideProgram.IsInstalled("bash"), "bash is not installed");
        var words = line.Split(' ');
        var script =
            $$"""
            clusterproxy() { dotnet exec '{{BuiltProgram.Cli}}' "$@"; }
            {{CompletionScripts.For(Shell.Bash)}}
            COMP_LINE='{{line}}'; COMP_POINT={{line.Length}}; COMP_WORDS=({{line}}); COMP_CWORD={{words.Length - 1}}
            _clusterproxy
            printf '%s\n' "${COMPREPLY[@]}"
            """;
        await using var bash = ProgramProcess.Start("bash", ["--norc", "-c", script]);

        await bash.ExpectExitAsync(0);

        Assert.Contains(bash.Lines, l => l.Text == expected);
    }

    [SkippableTheory]
    [InlineData("bash", "-n")]
    [InlineData("zsh", "-n")]
    [InlineData("fish", "--no-execute")]
    public async Task Script_OfAShell_IsValidThere(string shell, string check)
    {
        Skip.IfNot(OutsideProgram.IsInstalled(shell), $"{shell} is not installed");
        using var directory = new TemporaryDirectory();
        var file = directory.File("script");
        await File.WriteAllTextAsync(file, CompletionScripts.For(Enum.Parse<Shell>(shell, ignoreCase: true)));
        await using var run = ProgramProcess.Start(shell, [check, file]);

        await run.ExpectExitAsync(0);
    }

    [Fact]
    public void Scripts_All_AskTheProgram() => Assert.All(
        Enum.GetValues<Shell>(), shell => Assert.Contains("[suggest:", CompletionScripts.For(shell), StringComparison.Ordinal));
}
