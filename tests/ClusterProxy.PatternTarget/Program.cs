using System.Globalization;
using ClusterProxy.Testing.Targets;

// A target of its own process: the argument is its port. Each line of standard input is answered with that line and what is open, an
// upload with a wrong byte is told at once, and the end of standard input is the end.
await using var target = new PatternTarget(int.Parse(args[0], CultureInfo.InvariantCulture));
await Console.Out.WriteLineAsync($"listening on {target.Address}");
var telling = TellWrongAsync(target);
while (await Console.In.ReadLineAsync() is { } question)
{
    await Console.Out.WriteLineAsync($"{question}: open {target.Open.Value}");
}

target.Uploads.End(new OperationCanceledException());
await telling;

static async Task TellWrongAsync(PatternTarget target)
{
    try
    {
        await Console.Out.WriteLineAsync($"wrong: {await target.Uploads.WaitForAsync(static upload => upload.WrongAt is not null)}");
    }
    catch (OperationCanceledException)
    {
        // None was wrong.
    }
}
