using System.CommandLine;
using System.Text.Json;
using ClusterProxy.Cli.Doctor;

namespace ClusterProxy.Cli.Tests.Doctor;

/// <summary>One run of doctor in this process.</summary>
internal sealed record DoctorRun(int ExitCode, string Output, string Errors)
{
    /// <summary>Each with every property, of a run with <c>-o json</c>.</summary>
    public IReadOnlyList<JsonElement> Findings
    {
        get
        {
            using var json = JsonDocument.Parse(Output);
            return [.. json.RootElement.EnumerateArray().Select(static e => e.Clone())];
        }
    }

    public static async Task<DoctorRun> OfAsync(
        IEnumerable<string> arguments, TimeProvider? time = null, Func<string, string?>? environment = null)
    {
        await using var output = new StringWriter();
        await using var errors = new StringWriter();
        var root = new RootCommand { DoctorCommand.Create(time ?? TimeProvider.System, environment ?? (static _ => null)) };
        var configuration = new InvocationConfiguration { Output = output, Error = errors };
        string[] given = ["doctor", .. arguments];

        // A busy machine must not look like one that does not answer.
        var line = given.Contains("--timeout") ? given : [.. given, "--timeout", "20"];
        var exitCode = await ExitCodes.RunAsync(root.Parse(line), configuration).DefaultTimeout();
        return new DoctorRun(exitCode, output.ToString(), errors.ToString());
    }

    public IEnumerable<JsonElement> With(string result) => Findings.Where(f => f.GetProperty("result").GetString() == result);

    public JsonElement? Find(string id, string fault) => Findings
        .Where(f => f.GetProperty("id").GetString() == id && f.GetProperty("fault").GetString() == fault)
        .Select(static f => (JsonElement?)f).FirstOrDefault();
}
