namespace ClusterProxy.Cli.Doctor.Report;

/// <summary>What one check came to.</summary>
/// <param name="Id">The check's, such as <c>frontend.chain</c>; stable.</param>
/// <param name="Result">How it ended.</param>
/// <param name="Checked">What was looked at, with its values.</param>
/// <param name="Fault">The kind of fault; null when there is none.</param>
/// <param name="Cause">Why it is not ok; null when it is.</param>
/// <param name="Remedy">What to do; null when nothing is to be done.</param>
internal sealed record Finding(
    string Id, CheckResult Result, string Checked, string? Fault = null, string? Cause = null, string? Remedy = null)
{
    public static Finding Ok(string id, string what) => new(id, CheckResult.Ok, what);

    public static Finding Failed(string id, string what, Fault fault) => new(id, CheckResult.Failed, what, fault.Name, fault.Cause, fault.Remedy);

    public static Finding Warning(string id, string what, Fault fault) => new(id, CheckResult.Warning, what, fault.Name, fault.Cause, fault.Remedy);

    public static Finding NotChecked(string id, string what, string why, string? remedy = null) =>
        new(id, CheckResult.NotChecked, what, Cause: why, Remedy: remedy);
}
