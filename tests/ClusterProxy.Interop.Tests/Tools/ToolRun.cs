namespace ClusterProxy.Interop.Tests.Tools;

/// <summary>One run of an outside program to its end.</summary>
public sealed record ToolRun(int ExitCode, string Output, string Errors)
{
    public static async Task<ToolRun> OfAsync(string program, IEnumerable<string> arguments, string input = "")
    {
        await using var process = ProgramProcess.Start(program, arguments);
        if (input.Length > 0)
        {
            await process.WriteLineAsync(input.TrimEnd('\n'));
        }

        process.CloseInput();
        var exitCode = await process.WaitForExitAsync();
        return new(exitCode, Text(process, isError: false), Text(process, isError: true));
    }

    private static string Text(ProgramProcess process, bool isError) =>
        string.Join('\n', process.Lines.Where(l => l.IsError == isError).Select(l => l.Text));
}
