namespace ClusterProxy.Kubernetes.Configuration;

/// <summary>How a user of a kubeconfig proves who they are. Its text shows no secret.</summary>
public sealed record KubeConfigUser
{
    public static KubeConfigUser Anonymous { get; } = new();

    public PemSource? ClientCertificate { get; init; }

    public PemSource? ClientKey { get; init; }

    public string? Token { get; init; }

    /// <summary>Read anew while the client runs; goes before <see cref="Token"/>.</summary>
    public string? TokenFile { get; init; }

    public string? Username { get; init; }

    public string? Password { get; init; }

    public Impersonation? Impersonate { get; init; }

    public ExecPlugin? Exec { get; init; }

    public override string ToString() => this switch
    {
        { Exec: { } exec } => $"exec plugin {exec.Command}",
        { TokenFile: { } file } => $"token in {file}",
        { Token: not null } => "token",
        { ClientCertificate: { } certificate } => $"client certificate in {certificate}",
        { Username: { } name } => $"password of {name}",
        _ => "anonymous",
    };
}
