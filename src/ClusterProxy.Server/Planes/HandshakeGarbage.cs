namespace ClusterProxy.Server.Planes;

/// <summary>
/// Has garbage collected after every few handshakes of a storm. A handshake leaves 80 KB, of which its tunnel keeps a third, and those who
/// are served stand still while that is moved: left alone, the collector does it for a hundred handshakes at once, which takes 8 to 20 ms
/// and comes once or twice a second. Thread-safe.
/// </summary>
internal sealed class HandshakeGarbage
{
    /// <summary>So that it takes 2 to 3 ms; measured by <c>reconnect-storm</c> in perf.</summary>
    private const int Handshakes = 10;

    private uint _made;

    /// <summary>There is another handshake.</summary>
    public void Count()
    {
        if (Interlocked.Increment(ref _made) % Handshakes == 0)
        {
            // With the generation above the youngest: what the last one left there would be moved all at once else.
            GC.Collect(1, GCCollectionMode.Forced, blocking: true, compacting: false);
        }
    }
}
