namespace ClusterProxy.Cli.Completion;

/// <summary>Shells that a script is written for; the names are the argument's values.</summary>
internal enum Shell
{
    Bash,
    Zsh,
    Fish,
    Pwsh,
}
