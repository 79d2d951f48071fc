namespace ClusterProxy.Interop.Tests.Tools;

/// <summary>One run of an outside program to its end.</summary>
public sealed record ToolRun(int ExitCode, string Output, string Errors)
{
    /// <param name="program">A path or a name on PATH.</param>
    /// <param name="arguments">Passed as they are.</param>
    /// <param name="input">All of its standard input.</param>
    /// <param name="environment">Added to the inherited one.</param>
    public static async Task<ToolRun> OfAsync(
        string program, IEnumerable<string> arguments, string input = "", IEnumerable<KeyValuePair<string, string?>>? environment = null)
    {
        await using var process = ProgramProcess.Start(program, arguments, environment);
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
