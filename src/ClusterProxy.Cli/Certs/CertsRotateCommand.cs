using System.CommandLine;

namespace ClusterProxy.Cli.Certs;

/// <summary><c>clusterproxy certs rotate</c>.</summary>
internal static class CertsRotateCommand
{
    private const string Description =
        """
        Rotate the PKI of a folder while everything that uses it runs: programs follow their files.

        Leaves: --step leaves. An authority, without a moment in which somebody is not trusted:
          1. --step trust   makes a new authority and trusts it beside the old one
          2. --step issue   issues every leaf anew by the new authority
          3. --step retire  trusts the old authority no more
        Bring the files of a step to every machine, and see them in use, before the next step.

        Examples:
          clusterproxy certs rotate --step leaves --out certs-dev/out
          clusterproxy certs rotate --step trust --ca agent-ca
        """;

    private static readonly Dictionary<RotationPhase, string> Advice = new()
    {
        [RotationPhase.Leaves] = "Copy each pair to whoever uses it. Nothing needs a restart.",
        [RotationPhase.Trust] =
            "Copy the CA file to every server, agent and frontend. When certificate_reloads_total shows that all have it: --step issue.",
        [RotationPhase.Issue] =
            "Copy each pair to whoever uses it. When nobody shows a certificate of the old authority any more: --step retire.",
        [RotationPhase.Retire] = "Copy the CA file to every server, agent and frontend. The roll-over is done then.",
    };

    public static Command Create(TimeProvider time)
    {
        var step = new Option<string>("--step") { Description = "leaves, trust, issue or retire", HelpName = "STEP", Required = true };
        step.AcceptOnlyFromAmong([.. Enum.GetNames<RotationPhase>().Select(static n => n.ToLowerInvariant())]);
        var folder = new Option<string>("--out")
        {
            Description = "Folder of the PKI",
            HelpName = "DIR",
            DefaultValueFactory = static _ => new DevPkiOptions().Out,
        };
        var authorities = CommaSeparated.Option("--ca", "Authorities to rotate, by file name without .crt [default: all]", "NAME,...");
        var days = new Option<int?>("--days") { Description = "Lifetime in days [default: as long as before]", HelpName = "N" };
        var command = new Command("rotate", Description) { step, folder, authorities, days };
        command.SetAction(parsed =>
        {
            var output = parsed.InvocationConfiguration;
            var lifetime = parsed.GetValue(days);
            if (lifetime is < 1 or > DevPkiOptions.MaxDays)
            {
                output.Error.WriteLine($"clusterproxy: --days={lifetime}: give 1 to {DevPkiOptions.MaxDays} days");
                return 2;
            }

            try
            {
                return Run(Enum.Parse<RotationPhase>(parsed.GetValue(step)!, ignoreCase: true), parsed.GetValue(folder)!, parsed.GetValue(authorities) ?? [], lifetime, time, output.Output);
            }
            catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
            {
                output.Error.WriteLine($"clusterproxy: {e.Message}");
                return 1;
            }
        });
        return command;
    }

    private static int Run(
        RotationPhase step, string folder, IReadOnlyList<string> authorities, int? days, TimeProvider time, TextWriter output)
    {
        var rotation = new PkiRotation(folder, time) { Lifetime = days is { } count ? TimeSpan.FromDays(count) : null };
        foreach (var (name, pem) in rotation.Plan(step, authorities))
        {
            var path = Path.Combine(folder, name);
            if (pem is null)
            {
                File.Delete(path);
                continue;
            }

            DevPkiFolder.Write(folder, [(name, pem)]);
            output.WriteLine(path);
        }

        output.WriteLine(Advice[step]);
        return 0;
    }
}
