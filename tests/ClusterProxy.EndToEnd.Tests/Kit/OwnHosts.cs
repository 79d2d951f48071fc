using System.Text;

namespace ClusterProxy.EndToEnd.Tests.Kit;

/// <summary>
/// An <c>/etc/hosts</c> that only the programs started here have, in a mount namespace that needs no rights. They ask the machine's own
/// resolver as ever, which reads the file for each question.
/// </summary>
internal sealed class OwnHosts(string name) : IDisposable
{
    private const string Bind = "mount --bind \"$0\" /etc/hosts && exec \"$@\"";

    private readonly TemporaryDirectory _folder = new();

    public string Name => name;

    private string Path => _folder.File("hosts");

    /// <summary>Why this machine cannot; null when it can.</summary>
    public async Task<string?> ObjectionAsync()
    {
        if (!OutsideProgram.IsInstalled("unshare") || !OutsideProgram.IsInstalled("getent"))
        {
            return "unshare or getent is not installed";
        }

        Lead("127.0.1.254");
        await using var probe = Start("getent", "ahostsv4", name);
        await probe.WaitForExitAsync();
        return probe.Lines.Any(static l => l.Text.StartsWith("127.0.1.254 ", StringComparison.Ordinal))
            ? null
            : $"this machine lets nobody have an /etc/hosts of his own: {probe.Describe()}";
    }

    /// <summary>From the next question on the name has these addresses.</summary>
    public void Lead(params IEnumerable<string> addresses)
    {
        // The same file: another one would not be the one that is mounted. Nor is it ever empty, which would ask other resolvers.
        using var file = new FileStream(Path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
        file.Write(Encoding.ASCII.GetBytes($"127.0.0.1 localhost\n{string.Concat(addresses.Select(a => $"{a} {name}\n"))}"));
        file.SetLength(file.Position);
    }

    public ProgramProcess StartServer(Dictionary<string, string> flags) =>
        Start([.. BuiltProgram.Command(BuiltProgram.ProxyServer), .. flags.Select(static f => $"--{f.Key}={f.Value}")]);

    public void Dispose() => _folder.Dispose();

    private ProgramProcess Start(params string[] command) =>
        ProgramProcess.Start("unshare", ["--user", "--map-root-user", "--mount", "sh", "-c", Bind, Path, .. command]);
}
