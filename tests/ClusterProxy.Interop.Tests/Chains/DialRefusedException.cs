namespace ClusterProxy.Interop.Tests.Chains;

/// <summary>The message is the answer's error text.</summary>
public sealed class DialRefusedException(string text) : Exception(text);
