namespace ClusterProxy.Testing.Targets;

/// <summary>What came of one upload, as its target saw it.</summary>
/// <param name="Request">What was announced.</param>
/// <param name="Received">Bytes.</param>
/// <param name="WrongAt">The place of the first wrong byte.</param>
/// <param name="EndedInOrder">By FIN; otherwise by RST, or because the target was closed.</param>
public sealed record PatternUpload(PatternRequest Request, long Received, long? WrongAt, bool EndedInOrder);
