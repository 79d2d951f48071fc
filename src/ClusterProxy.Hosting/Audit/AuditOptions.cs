using ClusterProxy.Hosting.Validation;

namespace ClusterProxy.Hosting.Audit;

/// <summary>Where the audit is kept.</summary>
public sealed record AuditOptions
{
    /// <summary>
    /// File that gets the audit, or <c>-</c> for standard output. Off by default: a program that takes the place of upstream's must not
    /// begin to write files or to its standard output, and whoever wants an audit has to say where it is kept.
    /// </summary>
    public string Path { get; init; } = "";

    /// <summary>Mebibytes of one audit file: some 150,000 connections, or 200,000 requests.</summary>
    public int MaxSize { get; init; } = 100;

    /// <summary>Audit files kept beside the newest one: with their size they bound the disk to a bit over a gibibyte.</summary>
    public int MaxBackup { get; init; } = 10;

    public bool IsOn => Path.Length > 0;

    public void Check(OptionErrors errors)
    {
        errors.AtLeast(AuditFlags.MaxSize, MaxSize, 1);
        errors.AtLeast(AuditFlags.MaxBackup, MaxBackup, 0);
    }
}
