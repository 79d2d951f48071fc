namespace ClusterProxy.Kubernetes.Configuration;

/// <summary>A program that prints credentials, as in a kubeconfig's exec entry.</summary>
public sealed record ExecPlugin
{
    /// <summary>client.authentication.k8s.io/v1 or /v1beta1.</summary>
    public required string ApiVersion { get; init; }

    /// <summary>A name on PATH, or a path; a relative one counts from the kubeconfig's folder.</summary>
    public required string Command { get; init; }

    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Added to this process' own variables.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; } = [];

    /// <summary>Told when the command is not there.</summary>
    public string? InstallHint { get; init; }

    /// <summary>Tells the program about the cluster in KUBERNETES_EXEC_INFO.</summary>
    public bool ProvideClusterInfo { get; init; }

    /// <summary>The program wants a terminal, which no server process has.</summary>
    public bool NeedsTerminal { get; init; }

    /// <summary>Reads an exec entry that stands alone.</summary>
    /// <param name="text">JSON or YAML.</param>
    /// <param name="source">Where it stands, for the error.</param>
    /// <exception cref="KubeConfigException">It cannot be used.</exception>
    public static ExecPlugin Parse(string text, string source) =>
        KubeConfigUserReader.Exec(KubeConfigNode.Parse(text, source), Path.GetFullPath);

    /// <summary>Arguments and variables may be secrets: neither is shown.</summary>
    public override string ToString() => Command;
}
