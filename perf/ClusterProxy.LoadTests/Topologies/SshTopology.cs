using ClusterProxy.LoadTests.Relays;
using ClusterProxy.Testing.Programs;

namespace ClusterProxy.LoadTests.Topologies;

/// <summary>A private sshd on loopback and <c>ssh -R</c> to it: all connections in one SSH connection.</summary>
internal sealed class SshTopology(string name, Rig rig, TimeSpan delay) : Topology(name)
{
    private const string SshdPath = "/usr/sbin/sshd";
    private readonly List<ProgramProcess> _programs = [];
    private DelayRelay? _relay;
    private int _frontPort;

    protected override IEnumerable<int> ProcessIds => _programs.Select(p => p.Id);

    /// <summary>Why it cannot run here; null when it can.</summary>
    public static string? Missing =>
        !File.Exists(SshdPath) ? $"{SshdPath} is not installed (Debian: openssh-server)" :
        !OutsideProgram.IsInstalled("ssh") ? "ssh is not installed (Debian: openssh-client)" : null;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_programs.Count > 0)
        {
            return;
        }

        if (Environment.UserName == "root")
        {
            // sshd drops privileges into this empty folder; Debian's service makes it at boot.
            Directory.CreateDirectory("/run/sshd");
        }

        var hostKey = await CreateKeyAsync("host");
        var userKey = await CreateKeyAsync("user");
        _frontPort = rig.NextPort();
        var sshPort = rig.NextPort();
        var configuration = rig.NextFile("sshd_config");
        await File.WriteAllTextAsync(
            configuration,
            $"""
            Port {sshPort}
            ListenAddress 127.0.0.1
            HostKey {hostKey}
            AuthorizedKeysFile {userKey}.pub
            PidFile none
            StrictModes no
            UsePAM no
            PasswordAuthentication no
            PermitRootLogin prohibit-password
            AllowTcpForwarding yes
            LogLevel ERROR

            """,
            cancellationToken);
        var daemon = ProgramProcess.Start(SshdPath, ["-D", "-e", "-f", configuration]);
        _programs.Add(daemon);
        await ProgramStart.WaitForPortAsync(sshPort, daemon, cancellationToken);
        if (delay > TimeSpan.Zero)
        {
            var relayPort = rig.NextPort();
            _relay = new DelayRelay(relayPort, sshPort, delay);
            sshPort = relayPort;
        }

        var client = ProgramProcess.Start(
            "ssh",
            [
                "-N", "-F", "none", "-i", userKey, "-p", $"{sshPort}", "-c", "aes128-gcm@openssh.com",
                "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes",
                "-o", "ExitOnForwardFailure=yes", "-o", "LogLevel=ERROR",
                "-R", $"127.0.0.1:{_frontPort}:127.0.0.1:{rig.Target.EndPoint.Port}", $"{Environment.UserName}@127.0.0.1",
            ]);
        _programs.Add(client);
        await ProgramStart.WaitForPortAsync(_frontPort, client, cancellationToken);
    }

    public override async Task StopAsync()
    {
        // Client first: a daemon that goes first leaves its children to nobody.
        foreach (var program in Enumerable.Reverse(_programs))
        {
            await program.DisposeAsync();
        }

        _programs.Clear();
        if (_relay is { } relay)
        {
            _relay = null;
            await relay.DisposeAsync();
        }
    }

    public override ValueTask<Stream> ConnectAsync(CancellationToken cancellationToken) =>
        Loopback.ConnectAsync(_frontPort, cancellationToken);

    private async Task<string> CreateKeyAsync(string name)
    {
        var path = rig.NextFile($"{name}-key");
        await using var generator = ProgramProcess.Start("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", path]);
        await generator.ExpectExitAsync(0);
        return path;
    }
}
