namespace ClusterProxy.EndToEnd.Tests.Faults;

/// <param name="Request">What was to be transferred.</param>
/// <param name="End">What became of it.</param>
/// <param name="Detail">For the test's output.</param>
internal sealed record TransferResult(PatternRequest Request, TransferEnd End, string Detail);
