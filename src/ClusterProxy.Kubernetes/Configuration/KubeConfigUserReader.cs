namespace ClusterProxy.Kubernetes.Configuration;

/// <summary>Reads the users of a kubeconfig.</summary>
internal static class KubeConfigUserReader
{
    private const string ExecGroup = "client.authentication.k8s.io/";

    public static KubeConfigUser Read(KubeConfigNode node)
    {
        if (node.Mapping("auth-provider") is not null)
        {
            throw node.Error("uses auth-provider, which Kubernetes has removed; use an exec plugin");
        }

        var user = new KubeConfigUser
        {
            ClientCertificate = node.Pem("client-certificate"),
            ClientKey = node.Pem("client-key"),
            Token = node.Text("token") is { Length: > 0 } token ? token : null,
            TokenFile = node.FilePath("tokenFile"),
            Username = node.Text("username") is { Length: > 0 } username ? username : null,
            Password = node.Text("password"),
            Impersonate = Impersonate(node),
            Exec = node.Mapping("exec") is { } exec ? Exec(exec, node.Resolve) : null,
        };
        if (user.ClientCertificate is null != user.ClientKey is null)
        {
            throw node.Error("has only one of client-certificate and client-key; give both");
        }

        var proofs = new[] { user.Exec is not null, user.Token is not null || user.TokenFile is not null, user.Username is not null };
        return proofs.Count(static p => p) > 1
            ? throw node.Error("has more than one of exec, token and username; keep one")
            : user;
    }

    private static Impersonation? Impersonate(KubeConfigNode node)
    {
        var (user, uid) = (node.Text("as"), node.Text("as-uid"));
        var groups = node.Texts("as-groups");
        var extra = node.Mapping("as-user-extra")?.Lists();
        return user is { Length: > 0 }
            ? new Impersonation(user, uid, groups, extra)
            : uid is not null || groups.Count > 0 || extra is not null
                ? throw node.Error("has as-uid, as-groups or as-user-extra without as; name the user too")
                : null;
    }

    /// <param name="node">The exec entry.</param>
    /// <param name="resolve">Makes a command that is a path absolute.</param>
    public static ExecPlugin Exec(KubeConfigNode node, Func<string, string> resolve)
    {
        var version = node.Text("apiVersion") ?? throw node.Error($"exec has no apiVersion; write {ExecGroup}v1");
        if (version is not (ExecGroup + "v1" or ExecGroup + "v1beta1"))
        {
            throw node.Error($"exec's apiVersion \"{version}\" is neither {ExecGroup}v1 nor {ExecGroup}v1beta1; update the plugin");
        }

        var command = node.Text("command") is { Length: > 0 } given ? given : throw node.Error("exec has no command; name the plugin's program");
        var mode = node.Text("interactiveMode");
        return (mode ?? "IfAvailable") is not ("Never" or "IfAvailable" or "Always")
            ? throw node.Error($"exec's interactiveMode \"{mode}\" is none of Never, IfAvailable, Always; write one of them")
            : new ExecPlugin
            {
                ApiVersion = version,
                Command = command.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal) ? resolve(command) : command,
                Arguments = node.Texts("args"),
                Environment = [.. node.Items("env").Select(static e => KeyValuePair.Create(e.Text("name") ?? "", e.Text("value") ?? ""))],
                InstallHint = node.Text("installHint"),
                ProvideClusterInfo = node.Boolean("provideClusterInfo"),
                NeedsTerminal = mode == "Always",
            };
    }
}
