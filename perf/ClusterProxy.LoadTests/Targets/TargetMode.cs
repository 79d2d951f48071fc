namespace ClusterProxy.LoadTests.Targets;

/// <summary>What a connection asks the target to do, in its first byte.</summary>
internal enum TargetMode : byte
{
    /// <summary>Send back what comes.</summary>
    Echo = (byte)'E',

    /// <summary>Send the pattern until the connection ends.</summary>
    Source = (byte)'S',

    /// <summary>As <see cref="Source"/>, behind the head of an HTTP response that ends with the connection.</summary>
    HttpSource = (byte)'H',

    /// <summary>Read and count.</summary>
    Sink = (byte)'K',

    /// <summary>Neither read nor write until its run is released; then read, and count the bytes that are the pattern's.</summary>
    Deaf = (byte)'N',
}
